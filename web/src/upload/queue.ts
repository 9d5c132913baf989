import type { Api } from '../api/api';
import { ApiError } from '../api/problem';
import type { NewUpload } from '../api/types';
import { SignedOut } from '../session/session';
import { Creations } from './creations';
import { Refused } from './failures';
import type { ChosenFile } from './folder';
import { md5Of } from './hash';
import { fingerprint, type Journal, type JournalEntry } from './journal';
import { Meter } from './meter';
import { persist } from './persist';
import { Slots } from './slots';
import { transfer, Vanished, workOfPlan, workOfState, type Work } from './transfer';

/** Hashed and registered before their turn comes: enough for full batches, few enough not to flood the list. */
const AHEAD = 60;
/** Files whose bytes move at once, and PUTs in total: below the six connections a browser opens to one origin. */
const ACTIVE_FILES = 4;
const ACTIVE_PUTS = 5;
/** The screen does not need more updates than this. */
const NOTIFY_MS = 120;

export type UploadStateName =
  | 'waiting'
  | 'hashing'
  | 'uploading'
  | 'paused'
  | 'offline'
  | 'finishing'
  | 'done'
  | 'duplicate'
  | 'failed'
  | 'cancelled';

/** One file of the queue as it is shown. A change makes a new object. */
export interface UploadItem {
  readonly key: string;
  readonly file: File;
  readonly path: string;
  /** What the journal knows it by, once that is known. */
  readonly print: string | null;
  readonly patientId: string | null;
  readonly state: UploadStateName;
  readonly sent: number;
  readonly fileId: number | null;
  readonly error: unknown;
}

/** The queue at one moment. */
export interface QueueView {
  items: readonly UploadItem[];
  /** Bytes per second over the last seconds. */
  speed: number;
  /** Uploads of an earlier visit whose files have not been chosen again. */
  unfinished: readonly JournalEntry[];
}

const RUNNING = new Set<UploadStateName>(['waiting', 'hashing', 'uploading', 'offline', 'finishing']);
const OVER = new Set<UploadStateName>(['done', 'duplicate', 'cancelled']);

export const isRunning = ({ state }: UploadItem) => RUNNING.has(state);
/** Signing out or closing the page would lose its progress. */
export const isUnfinished = (item: UploadItem) => isRunning(item) || item.state === 'paused';
export const isOver = ({ state }: UploadItem) => OVER.has(state);

/** The same file of the same folder, as far as can be told without reading it. */
const identity = ({ file, path }: ChosenFile) => JSON.stringify([path, file.size, file.lastModified]);

interface Dependencies {
  api: Api;
  user: string;
  journal: Pick<Journal, 'find' | 'all' | 'save' | 'forget' | 'clear'>;
  /** A file arrived: lists are out of date. */
  onArrived: () => void;
  hash?: typeof md5Of;
  run?: typeof transfer;
}

/** Brings files into the bucket. Lives as long as the page, so that one can look at images while it works. */
export class UploadQueue {
  private readonly items = new Map<string, UploadItem>();
  private readonly controllers = new Map<string, AbortController>();
  private readonly interrupted = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private readonly ahead = new Slots(AHEAD);
  private readonly active = new Slots(ACTIVE_FILES);
  private readonly puts = new Slots(ACTIVE_PUTS);
  private readonly meter = new Meter();
  private readonly creations: Creations;
  private unfinished: JournalEntry[] = [];
  private view: QueueView = { items: [], speed: 0, unfinished: [] };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private counter = 0;

  constructor(private readonly needs: Dependencies) {
    this.creations = new Creations(needs.api);
    void this.readJournal();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  snapshot = (): QueueView => this.view;

  /** Adds files; each starts as soon as there is room. The same file twice in a running queue is one upload. */
  add(files: ChosenFile[], patientId: string | null): void {
    const present = new Set([...this.items.values()].filter((item) => !isOver(item)).map(identity));
    for (const { file, path } of files) {
      const name = identity({ file, path });
      if (present.has(name)) continue;
      present.add(name);
      const key = `upload-${++this.counter}`;
      this.items.set(key, {
        key,
        file,
        path,
        print: null,
        patientId,
        state: 'waiting',
        sent: 0,
        fileId: null,
        error: null,
      });
      this.start(key);
    }
    this.notify();
  }

  pause(key: string): void {
    const item = this.items.get(key);
    if (!item || !isRunning(item) || item.state === 'finishing') return;
    this.controllers.get(key)?.abort();
    this.change(key, { state: 'paused' });
  }

  /** Goes on after a pause or a failure, from what the bucket holds by then. */
  resume(key: string): void {
    const item = this.items.get(key);
    if (!item || (item.state !== 'paused' && item.state !== 'failed')) return;
    this.interrupted.delete(key);
    this.change(key, { state: 'waiting', error: null });
    this.start(key);
  }

  /** Stops, and frees what the bucket holds of it. */
  cancel(key: string): void {
    const item = this.items.get(key);
    if (!item || isOver(item)) return;
    this.controllers.get(key)?.abort();
    this.change(key, { state: 'cancelled' });
    void this.discardRemote(item.print, item.fileId);
  }

  pauseAll = () =>
    this.each(
      (item) => isRunning(item),
      (key) => this.pause(key),
    );
  resumeAll = () =>
    this.each(
      ({ state }) => state === 'paused',
      (key) => this.resume(key),
    );
  retryAll = () =>
    this.each(
      ({ state }) => state === 'failed',
      (key) => this.resume(key),
    );
  cancelAll = () =>
    this.each(
      (item) => !isOver(item),
      (key) => this.cancel(key),
    );
  /** Goes on with what an expired session stopped. */
  resumeInterrupted = () =>
    this.each(
      ({ key }) => this.interrupted.has(key),
      (key) => this.resume(key),
    );

  clearDone(): void {
    for (const item of this.items.values()) if (isOver(item)) this.items.delete(item.key);
    this.notify();
  }

  /** Gives up what an earlier visit left unfinished. */
  async discardUnfinished(): Promise<void> {
    const entries = this.view.unfinished;
    await Promise.all(entries.map(({ key, fileId }) => this.discardRemote(key, fileId)));
    await this.readJournal();
  }

  /** Stops everything and leaves no trace on this computer. */
  async close(): Promise<void> {
    this.pauseAll();
    await this.needs.journal.clear();
  }

  private each(matches: (item: UploadItem) => boolean, act: (key: string) => void): void {
    for (const item of [...this.items.values()]) if (matches(item)) act(item.key);
  }

  private start(key: string): void {
    const controller = new AbortController();
    this.controllers.set(key, controller);
    this.work(key, controller.signal).catch((error: unknown) => {
      if (!controller.signal.aborted) this.fail(key, error);
    });
  }

  private fail(key: string, error: unknown): void {
    const signedOut = error instanceof SignedOut || (error instanceof ApiError && error.status === 401);
    if (signedOut) this.interrupted.add(key);
    this.change(key, signedOut ? { state: 'paused' } : { state: 'failed', error });
  }

  private async work(key: string, signal: AbortSignal): Promise<void> {
    const item = this.items.get(key);
    if (!item) return;
    this.change(key, { print: await fingerprint(this.needs.user, item.path, item.file) });
    const ready = await this.ahead.acquire(signal);
    try {
      let prepared = await this.prepare(key, signal);
      const release = await this.active.acquire(signal);
      try {
        ready();
        while (prepared) prepared = await this.send(key, prepared, signal);
      } finally {
        release();
      }
    } finally {
      ready();
    }
  }

  /** Finds out what is to be sent; null when nothing is. */
  private async prepare(key: string, signal: AbortSignal): Promise<Work | null> {
    const item = this.items.get(key);
    if (!item) return null;
    if (item.file.size === 0) throw new Refused('empty');
    this.change(key, { state: 'hashing' });
    const md5 = await (this.needs.hash ?? md5Of)(item.file, signal);
    const found = await this.resumeWork(key, md5, signal);
    return found === undefined ? this.createWork(key, md5, signal) : found;
  }

  /** What is left of an upload begun before: in this visit or, by the journal, in an earlier one. */
  private async resumeWork(
    key: string,
    md5: string | undefined,
    signal: AbortSignal,
  ): Promise<Work | null | undefined> {
    const item = this.items.get(key);
    if (!item) return null;
    const { print } = item;
    const entry = print === null ? undefined : await this.needs.journal.find(print);
    if (!entry) return undefined;
    if (md5 !== undefined && entry.md5 !== null && md5 !== entry.md5) {
      await this.discardRemote(print, entry.fileId);
      return undefined;
    }
    try {
      const state = await persist(() => this.needs.api.uploadState(entry.fileId), signal, this.waiting(key));
      this.change(key, { fileId: entry.fileId });
      if (state.status === 'UPLOADING') return workOfState(state);
      this.finish(key, 'done');
      return null;
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
      await this.forget(print);
      return undefined;
    }
  }

  private async createWork(key: string, md5: string | undefined, signal: AbortSignal): Promise<Work | null> {
    const item = this.items.get(key);
    if (!item) return null;
    const wanted: NewUpload = { filename: item.file.name, size: item.file.size };
    if (item.file.type !== '') wanted.mime_type = item.file.type;
    if (item.patientId !== null) wanted.patient_id = item.patientId;
    if (md5 !== undefined) wanted.md5 = md5;
    const created = await persist(() => this.creations.create(wanted), signal, this.waiting(key));
    if (signal.aborted && this.items.get(key)?.state === 'cancelled')
      await this.discardRemote(item.print, created.file.id);
    this.change(key, { fileId: created.file.id });
    if (created.duplicate || !created.upload) {
      this.finish(key, 'duplicate');
      return null;
    }
    if (item.print !== null) {
      await this.needs.journal.save({ key: item.print, fileId: created.file.id, md5: md5 ?? null });
    }
    signal.throwIfAborted();
    return workOfPlan(created.upload);
  }

  /** Sends; answers new work when the upload had vanished from the server. */
  private async send(key: string, work: Work, signal: AbortSignal): Promise<Work | null> {
    const item = this.items.get(key);
    if (!item || item.fileId === null) return null;
    this.change(key, { state: 'uploading' });
    try {
      await (this.needs.run ?? transfer)(work, {
        api: this.needs.api,
        fileId: item.fileId,
        file: item.file,
        signal,
        puts: this.puts,
        onSent: (bytes) => !signal.aborted && this.sent(key, bytes),
        onWaiting: this.waiting(key),
        onFinishing: () => !signal.aborted && this.change(key, { state: 'finishing' }),
      });
    } catch (error) {
      if (!(error instanceof Vanished) && !(error instanceof ApiError && error.status === 404)) throw error;
      await this.forget(item.print);
      return this.prepare(key, signal);
    }
    this.finish(key, 'done');
    return null;
  }

  private finish(key: string, state: 'done' | 'duplicate'): void {
    const item = this.items.get(key);
    if (!item) return;
    this.change(key, { state, sent: item.file.size, error: null });
    this.controllers.delete(key);
    void this.forget(item.print);
    this.needs.onArrived();
  }

  private sent(key: string, bytes: number): void {
    const item = this.items.get(key);
    if (!item || bytes === item.sent) return;
    this.meter.add(bytes - item.sent);
    this.change(key, { sent: bytes });
  }

  /** Shows that a file waits for the network, and what it does again afterwards. */
  private waiting(key: string): (waiting: boolean) => void {
    return (waiting) => {
      const state = this.items.get(key)?.state;
      if (waiting && state !== undefined && RUNNING.has(state)) this.change(key, { state: 'offline' });
      else if (!waiting && state === 'offline') this.change(key, { state: 'uploading' });
    };
  }

  private async discardRemote(print: string | null, fileId: number | null): Promise<void> {
    await this.forget(print);
    // Abandoned uploads are ended by the server as well, so a failure here loses nothing.
    if (fileId !== null) await this.needs.api.abortUpload(fileId).catch(() => undefined);
  }

  private async readJournal(): Promise<void> {
    this.unfinished = await this.needs.journal.all();
    this.notify();
  }

  private async forget(print: string | null): Promise<void> {
    if (print === null) return;
    this.unfinished = this.unfinished.filter(({ key }) => key !== print);
    await this.needs.journal.forget(print);
  }

  private change(key: string, change: Partial<UploadItem>): void {
    const item = this.items.get(key);
    if (!item) return;
    this.items.set(key, { ...item, ...change });
    this.notify();
  }

  private notify(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const items = [...this.items.values()];
      const chosen = new Set(items.map(({ print }) => print));
      const unfinished = this.unfinished.filter(({ key }) => !chosen.has(key));
      this.view = { items, speed: this.meter.speed(), unfinished };
      this.listeners.forEach((listener) => listener());
      if (items.some(isRunning)) this.notify();
    }, NOTIFY_MS);
  }
}
