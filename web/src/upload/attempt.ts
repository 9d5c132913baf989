import type { Api } from '../api/api';
import { ApiError } from '../api/problem';
import type { ImageFile, NewUpload } from '../api/types';
import type { Creations } from './creations';
import { Refused } from './failures';
import { md5Of } from './hash';
import type { UploadItem } from './item';
import { fingerprint, type Journal } from './journal';
import { persist } from './persist';
import type { Slots } from './slots';
import type { Twins } from './twins';
import { transfer, Vanished, workOfPlan, workOfState, type Work } from './transfer';

/** Why an attempt was stopped that nobody will take up again: what it has begun is of no use. */
export const GIVEN_UP = new DOMException('given up', 'AbortError');

export interface AttemptNeeds {
  api: Api;
  user: string;
  journal: Pick<Journal, 'find' | 'save'>;
  forget: (print: string) => Promise<void>;
  creations: Creations;
  twins: Twins;
  /** Places for files that are hashed and registered, for files whose bytes move, and for PUTs. */
  ahead: Slots;
  active: Slots;
  puts: Slots;
  hash?: typeof md5Of;
  run?: typeof transfer;
}

/** Where an attempt shows what it is doing. */
interface Board {
  show: (change: Partial<UploadItem>) => void;
  /** Bytes of the file that are in the bucket or on their way. */
  sent: (bytes: number) => void;
  waiting: (waiting: boolean) => void;
}

/** The bytes are in the bucket: they have just been sent, or were there before (with the record as it is). */
export type End = { end: 'sent' } | { end: 'existing'; record: ImageFile };
const SENT: End = { end: 'sent' };
const isEnd = (step: Work | End): step is End => 'end' in step;

/** What an attempt needs to know of a file. The patient may be named while it waits for its turn. */
export type Task = Pick<UploadItem, 'key' | 'file' | 'path'> & { patientId: () => string | null };

/** One attempt to bring one file into the bucket, until it is there, fails, or is stopped by its signal. */
export class Attempt {
  private print: string | null = null;
  private fileId: number | null = null;

  constructor(
    private readonly item: Task,
    private readonly needs: AttemptNeeds,
    private readonly signal: AbortSignal,
    private readonly board: Board,
  ) {}

  async run(): Promise<End> {
    const { file, path } = this.item;
    this.print = await fingerprint(this.needs.user, path, file);
    this.board.show({ print: this.print });
    const ready = await this.needs.ahead.acquire(this.signal);
    try {
      let step = await this.prepare();
      if (isEnd(step)) return step;
      const release = await this.needs.active.acquire(this.signal);
      try {
        ready();
        while (!isEnd(step)) step = await this.send(step);
        return step;
      } finally {
        release();
      }
    } finally {
      ready();
    }
  }

  /** Finds out what is to be sent. */
  private async prepare(): Promise<Work | End> {
    const { file } = this.item;
    if (file.size === 0) throw new Refused('empty');
    this.board.show({ state: 'hashing' });
    const md5 = await (this.needs.hash ?? md5Of)(file, this.signal);
    const resumed = await this.resumed(md5);
    if (resumed) return resumed;
    // The same bytes again are answered by the record that the first file will have.
    if (md5 !== undefined) await this.needs.twins.turn(`${md5} ${file.size}`, this.item.key, this.signal);
    return this.created(md5);
  }

  /** What is left of an upload begun before, in this visit or an earlier one; null when there was none. */
  private async resumed(md5: string | undefined): Promise<Work | End | null> {
    const { api, journal } = this.needs;
    const entry = this.print === null ? undefined : await journal.find(this.print);
    if (!entry) return null;
    const { fileId } = entry;
    if (md5 !== undefined && entry.md5 !== null && md5 !== entry.md5) {
      await this.forget();
      await freed(api, fileId);
      return null;
    }
    try {
      const state = await persist(() => api.uploadState(fileId), this.signal, this.board.waiting);
      this.belongsTo(fileId);
      return state.status === 'UPLOADING' ? workOfState(state) : SENT;
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
      await this.forget();
      return null;
    }
  }

  private async created(md5: string | undefined): Promise<Work | End> {
    const { file } = this.item;
    const patientId = this.item.patientId();
    const { api, creations, journal } = this.needs;
    const wanted: NewUpload = { filename: file.name, size: file.size };
    if (file.type !== '') wanted.mime_type = file.type;
    if (patientId !== null) wanted.patient_id = patientId;
    if (md5 !== undefined) wanted.md5 = md5;
    const {
      file: record,
      upload,
      duplicate_in_trash: inTrash,
    } = await persist(() => creations.create(wanted), this.signal, this.board.waiting);
    if (!upload) {
      this.belongsTo(record.id);
      return { end: 'existing', record };
    }
    if (this.signal.reason === GIVEN_UP) await freed(api, record.id);
    else if (this.print !== null)
      await journal.save({ key: this.print, fileId: record.id, md5: md5 ?? null });
    this.belongsTo(record.id);
    if (inTrash) this.board.show({ inTrash });
    this.signal.throwIfAborted();
    return workOfPlan(upload);
  }

  /** Sends; answers new work when the upload had vanished from the server. */
  private async send(work: Work): Promise<Work | End> {
    if (this.fileId === null) throw new Error('sent before it was registered');
    const { api, puts, run = transfer } = this.needs;
    this.board.show({ state: 'uploading' });
    try {
      await run(work, {
        api,
        fileId: this.fileId,
        file: this.item.file,
        signal: this.signal,
        puts,
        onSent: this.board.sent,
        onWaiting: this.board.waiting,
        onFinishing: () => this.board.show({ state: 'finishing' }),
      });
      return SENT;
    } catch (error) {
      if (!(error instanceof Vanished) && !(error instanceof ApiError && error.status === 404)) throw error;
      await this.forget();
      return this.prepare();
    }
  }

  private belongsTo(fileId: number): void {
    this.fileId = fileId;
    this.board.show({ fileId });
  }

  private async forget(): Promise<void> {
    if (this.print !== null) await this.needs.forget(this.print);
  }
}

/** Frees what the bucket holds of an upload. The server ends abandoned ones as well, so a failure loses nothing. */
export async function freed(api: Pick<Api, 'abortUpload'>, fileId: number): Promise<void> {
  await api.abortUpload(fileId).catch(() => undefined);
}
