import type { Api } from '../api/api';
import type { Member } from './names';

export type DownloadState = 'running' | 'done' | 'failed' | 'cancelled';

/** One archive, as it is shown. A change makes a new object. */
export interface ZipDownload {
  readonly key: string;
  readonly name: string;
  readonly state: DownloadState;
  readonly files: number;
  readonly filesDone: number;
  readonly missing: number;
  readonly bytes: number;
  readonly bytesDone: number;
  readonly error: unknown;
}

/** The screen does not need more updates than this. */
const NOTIFY_MS = 120;

/** Archives that are on their way. They go on while one looks at other pages. */
export class Downloads {
  private readonly all = new Map<string, ZipDownload>();
  private readonly controllers = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private view: readonly ZipDownload[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private counter = 0;

  constructor(private readonly api: Pick<Api, 'downloadUrls'>) {
    window.addEventListener('beforeunload', (event) => {
      if (this.view.some(({ state }) => state === 'running')) event.preventDefault();
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  snapshot = (): readonly ZipDownload[] => this.view;

  /** Saves files as one archive. */
  start(members: readonly Member[], name: string, missingText: (paths: string[]) => string): void {
    const key = `download-${++this.counter}`;
    const controller = new AbortController();
    this.controllers.set(key, controller);
    this.all.set(key, {
      key,
      name,
      state: 'running',
      files: members.length,
      filesDone: 0,
      missing: 0,
      bytes: members.reduce((sum, { size }) => sum + size, 0),
      bytesDone: 0,
      error: null,
    });
    this.notify();
    this.run(key, members, name, missingText, controller.signal).then(
      () => this.end(key, { state: 'done' }),
      (error: unknown) => {
        const stopped = controller.signal.aborted || isAbort(error);
        controller.abort();
        this.end(key, stopped ? { state: 'cancelled' } : { state: 'failed', error });
      },
    );
  }

  cancel(key: string): void {
    this.controllers.get(key)?.abort(new DOMException('cancelled', 'AbortError'));
  }

  dismiss(key: string): void {
    this.all.delete(key);
    this.notify();
  }

  /** Stops everything. */
  close(): void {
    for (const key of this.controllers.keys()) this.cancel(key);
  }

  private async run(
    key: string,
    members: readonly Member[],
    name: string,
    missingText: (paths: string[]) => string,
    signal: AbortSignal,
  ): Promise<void> {
    // What writes archives is needed by those who ask for one.
    const [{ zipOf }, { save }] = await Promise.all([import('./zip'), import('./sink')]);
    const stream = zipOf(this.api, members, signal, {
      missingText,
      onBytes: (bytes) => this.change(key, ({ bytesDone }) => ({ bytesDone: bytesDone + bytes })),
      onFile: (isMissing) =>
        this.change(key, ({ filesDone, missing }) =>
          isMissing ? { missing: missing + 1 } : { filesDone: filesDone + 1 },
        ),
    });
    await save(stream, name, this.all.get(key)?.bytes ?? 0, signal);
  }

  private end(key: string, change: Partial<ZipDownload>): void {
    this.controllers.delete(key);
    this.change(key, () => change);
  }

  private change(key: string, change: (before: ZipDownload) => Partial<ZipDownload>): void {
    const before = this.all.get(key);
    if (!before) return;
    this.all.set(key, { ...before, ...change(before) });
    this.notify();
  }

  private notify(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.view = [...this.all.values()];
      this.listeners.forEach((listener) => listener());
    }, NOTIFY_MS);
  }
}

const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';
