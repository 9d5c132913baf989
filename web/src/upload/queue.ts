import { ApiError, isSignedOut } from '../api/problem';
import type { ImageFile } from '../api/types';
import { SignedOut } from '../session/session';
import { Attempt, freed, GIVEN_UP, type AttemptNeeds, type End } from './attempt';
import { Creations } from './creations';
import { Refused } from './failures';
import type { ChosenFile } from './folder';
import { Follower } from './follower';
import {
  identity,
  isAnswered,
  isCancellable,
  isGood,
  isJudged,
  isOver,
  isRetryable,
  isRunning,
  newItem,
  type UploadItem,
} from './item';
import type { Journal, JournalEntry } from './journal';
import { Meter } from './meter';
import { Slots } from './slots';
import { Twins } from './twins';
import { verdictOn } from './verdict';

/** Hashed and registered before their turn comes: enough for full batches, few enough not to flood the list. */
const AHEAD = 60;
/** Files whose bytes move at once, and PUTs in total: below the six connections a browser opens to one origin. */
const ACTIVE_FILES = 4;
const ACTIVE_PUTS = 5;
/** The screen does not need more updates than this. */
const NOTIFY_MS = 120;

/** The queue at one moment. */
export interface QueueView {
  items: readonly UploadItem[];
  /** Bytes per second over the last seconds. */
  speed: number;
  /** Uploads of an earlier visit whose files have not been chosen again. */
  unfinished: readonly JournalEntry[];
}

interface Dependencies extends Pick<AttemptNeeds, 'api' | 'user' | 'hash' | 'run'> {
  journal: Pick<Journal, 'find' | 'all' | 'save' | 'forget' | 'clear'>;
  /** A file arrived or is ready: lists are out of date. */
  onArrived: () => void;
  /** Milliseconds until the server is asked what it makes of files that arrived: a few, many. */
  soon?: { few: number; many: number };
}

/** Brings files into the bucket. Lives as long as the page, so that one can look at images while it works. */
export class UploadQueue {
  private readonly items = new Map<string, UploadItem>();
  private readonly controllers = new Map<string, AbortController>();
  private readonly interrupted = new Set<string>();
  private readonly listeners = new Set<() => void>();
  /** What all attempts share. */
  private readonly shared;
  private readonly follower: Follower;
  private readonly meter = new Meter();
  private unfinished: JournalEntry[] = [];
  private view: QueueView = { items: [], speed: 0, unfinished: [] };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private counter = 0;

  constructor(private readonly needs: Dependencies) {
    this.shared = {
      creations: new Creations(needs.api),
      twins: new Twins(),
      ahead: new Slots(AHEAD),
      active: new Slots(ACTIVE_FILES),
      puts: new Slots(ACTIVE_PUTS),
    };
    this.follower = new Follower({
      ...needs,
      onRecord: (file) => this.learn(file),
      onGone: (id) => this.gone(id),
    });
    void this.readJournal();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  snapshot = (): QueueView => this.view;

  /**
   * Adds files; each starts as soon as there is room. The same file twice in a running queue is one upload: it goes to
   * the patient named last, and one that failed is tried again.
   */
  add(files: ChosenFile[], patientId: string | null): void {
    const present = new Map(
      [...this.items.values()].filter((item) => !isOver(item)).map((item) => [identity(item), item.key]),
    );
    for (const { file, path } of files) {
      const name = identity({ file, path });
      const known = present.get(name);
      if (known !== undefined) this.addAgain(known, patientId);
      else present.set(name, this.addNew({ file, path }, patientId));
    }
    this.notify();
  }

  private addAgain(key: string, patientId: string | null): void {
    if (patientId !== null) this.change(key, { patientId, kept: false });
    if (this.items.get(key)?.state === 'failed') this.resume(key);
  }

  private addNew(chosen: ChosenFile, patientId: string | null): string {
    const key = `upload-${++this.counter}`;
    this.items.set(key, newItem(key, chosen, patientId));
    this.start(key);
    return key;
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
    if (!item || !isCancellable(item)) return;
    this.controllers.get(key)?.abort(GIVEN_UP);
    // Why it failed before stays on the record.
    this.change(key, { state: 'cancelled' });
    void this.discard(item.print, item.fileId);
  }

  pauseAll = () => this.each(isRunning, (key) => this.pause(key));
  resumeAll = () =>
    this.each(
      ({ state }) => state === 'paused',
      (key) => this.resume(key),
    );
  retryAll = () => this.each(isRetryable, (key) => this.resume(key));
  cancelAll = () => this.each(isCancellable, (key) => this.cancel(key));
  /** Goes on with what an expired session stopped. */
  resumeInterrupted = () =>
    this.each(
      ({ key }) => this.interrupted.has(key),
      (key) => this.resume(key),
    );

  /** Takes what went well off the list; {@link clearJudged} what did not, once it has been read. */
  clearDone = () => this.each(isGood, (key) => this.remove(key));
  clearJudged = () => this.each(isJudged, (key) => this.remove(key));
  remove(key: string): void {
    this.items.delete(key);
    this.shared.twins.over(key);
    this.notify();
  }

  /** These stay with the patient they have, or without one. */
  keep(keys: string[]): void {
    for (const key of keys) this.change(key, { kept: true });
  }

  /** These are a patient's now. What the server finds against that is asked for. */
  given(fileIds: ReadonlySet<number>, patientId: string): void {
    for (const { key, fileId, record } of [...this.items.values()]) {
      if (fileId === null || record === null || !fileIds.has(fileId)) continue;
      this.change(key, { record: { ...record, patient_id: patientId } });
      this.follower.follow(fileId);
    }
    this.needs.onArrived();
  }

  /** Takes the file out of the trash that has the same bytes, and gives up the new one. */
  async restoreInstead(key: string): Promise<void> {
    const item = this.items.get(key);
    if (!item || item.inTrash === null) return;
    const { api } = this.needs;
    const restored = await api.restore(item.inTrash).catch((error: unknown) => {
      // Another file of this queue has the same bytes.
      if (!(error instanceof ApiError)) throw error;
      return api.image(item.inTrash ?? 0);
    });
    const { print, fileId } = this.items.get(key) ?? item;
    this.controllers.get(key)?.abort(GIVEN_UP);
    if (print !== null) await this.forget(print);
    // What has arrived is no upload any more.
    if (fileId !== null) await api.abortUpload(fileId).catch(() => api.remove(fileId).catch(() => undefined));
    this.change(key, {
      state: 'processing',
      existing: true,
      inTrash: null,
      fileId: restored.id,
      sent: item.file.size,
      error: null,
    });
    if (!this.learn(restored)) this.follower.follow(restored.id);
  }

  /** The new one stays beside the one in the trash. */
  keepNew(keys: string[]): void {
    for (const key of keys) this.change(key, { inTrash: null });
  }

  /** Takes over a record from the server. Answers whether the server is done with the file. */
  learn(file: ImageFile): boolean {
    let settled = true;
    for (const item of [...this.items.values()]) {
      if (item.fileId !== file.id || (item.state !== 'processing' && !isAnswered(item))) continue;
      const verdict = verdictOn(file, item.existing);
      if (verdict) this.change(item.key, verdict);
      else settled = false;
    }
    if (settled) this.needs.onArrived();
    return settled;
  }

  private gone(fileId: number): void {
    this.each(
      (item) => item.fileId === fileId && item.state === 'processing',
      (key) => this.change(key, { state: 'failed', error: new Refused('gone') }),
    );
  }

  /** Gives up what an earlier visit left unfinished. */
  async discardUnfinished(): Promise<void> {
    const entries = this.view.unfinished;
    await Promise.all(entries.map(({ key, fileId }) => this.discard(key, fileId)));
    await this.readJournal();
  }

  /** Stops everything and leaves no trace on this computer. */
  async close(): Promise<void> {
    this.pauseAll();
    this.follower.close();
    for (const controller of this.controllers.values()) controller.abort(GIVEN_UP);
    await this.needs.journal.clear();
  }

  private each(matches: (item: UploadItem) => boolean, act: (key: string) => void): void {
    for (const item of [...this.items.values()]) if (matches(item)) act(item.key);
  }

  private start(key: string): void {
    const item = this.items.get(key);
    if (!item) return;
    const controller = new AbortController();
    const { signal } = controller;
    this.controllers.set(key, controller);
    const needs = { ...this.needs, ...this.shared, forget: (print: string) => this.forget(print) };
    // Once stopped, its state is what the user chose; what has been found out stays true.
    const show = ({ state, ...facts }: Partial<UploadItem>) =>
      this.change(key, state === undefined || signal.aborted ? facts : { ...facts, state });
    const { file, path } = item;
    const patientId = () => this.items.get(key)?.patientId ?? null;
    new Attempt({ key, file, path, patientId }, needs, signal, {
      show,
      sent: (bytes) => !signal.aborted && this.sent(key, bytes),
      waiting: this.waiting(key),
    })
      .run()
      .then(
        (end) => this.finish(key, end),
        (error: unknown) => !signal.aborted && this.fail(key, error),
      );
  }

  private fail(key: string, error: unknown): void {
    const signedOut = error instanceof SignedOut || isSignedOut(error);
    if (signedOut) this.interrupted.add(key);
    this.change(key, signedOut ? { state: 'paused' } : { state: 'failed', error });
  }

  private finish(key: string, end: End): void {
    const item = this.items.get(key);
    if (!item) return;
    const existing = end.end === 'existing';
    this.change(key, { state: 'processing', existing, sent: item.file.size, error: null });
    this.controllers.delete(key);
    if (item.print !== null) void this.forget(item.print);
    this.needs.onArrived();
    const settled = end.end === 'existing' && this.learn(end.record);
    if (!settled && item.fileId !== null) this.follower.follow(item.fileId);
  }

  private sent(key: string, bytes: number): void {
    const item = this.items.get(key);
    if (!item || bytes === item.sent) return;
    this.meter.add(bytes - item.sent);
    // Bytes that move are the best proof that the network is back; the answer to the PUT may take minutes.
    const isBack = item.state === 'offline' && bytes > item.sent;
    this.change(key, isBack ? { sent: bytes, state: 'uploading' } : { sent: bytes });
  }

  /** Shows that a file waits for the network, and what it does again afterwards. */
  private waiting(key: string): (waiting: boolean) => void {
    return (waiting) => {
      const item = this.items.get(key);
      if (waiting && item && isRunning(item)) this.change(key, { state: 'offline' });
      else if (!waiting && item?.state === 'offline') this.change(key, { state: 'uploading' });
    };
  }

  private async discard(print: string | null, fileId: number | null): Promise<void> {
    if (print !== null) await this.forget(print);
    if (fileId !== null) await freed(this.needs.api, fileId);
  }

  private async readJournal(): Promise<void> {
    this.unfinished = await this.needs.journal.all();
    this.notify();
  }

  private async forget(print: string): Promise<void> {
    this.unfinished = this.unfinished.filter(({ key }) => key !== print);
    await this.needs.journal.forget(print);
  }

  private change(key: string, change: Partial<UploadItem>): void {
    const item = this.items.get(key);
    if (!item) return;
    const next = { ...item, ...change };
    this.items.set(key, next);
    // One that waits for the network or a person lets others go on, too.
    if (isAnswered(next) || ['failed', 'cancelled', 'paused'].includes(next.state))
      this.shared.twins.over(key);
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
