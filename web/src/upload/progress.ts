import { isOver, isRunning, type UploadItem } from './queue';

/** The queue in one line. */
export interface Progress {
  files: number;
  filesDone: number;
  bytes: number;
  bytesDone: number;
  running: number;
  paused: number;
  failed: number;
  added: number;
  existing: number;
  offline: boolean;
  /** Seconds until everything that runs has arrived; null while nothing can be said. */
  remaining: number | null;
}

/** Cancelled files count for nothing; failed ones hold the total back until they are retried or cleared. */
export function progressOf(items: readonly UploadItem[], speed: number): Progress {
  const counted = items.filter(({ state }) => state !== 'cancelled');
  const sum = (of: (item: UploadItem) => number, from: readonly UploadItem[]) =>
    from.reduce((total, item) => total + of(item), 0);
  const number = (matches: (item: UploadItem) => boolean) => counted.filter(matches).length;
  const running = counted.filter(isRunning);
  const left = sum(({ file, sent }) => file.size - sent, running);
  return {
    files: counted.length,
    filesDone: number(isOver),
    bytes: sum(({ file }) => file.size, counted),
    bytesDone: sum(({ sent }) => sent, counted),
    running: running.length,
    paused: number(({ state }) => state === 'paused'),
    failed: number(({ state }) => state === 'failed'),
    added: number(({ state }) => state === 'done'),
    existing: number(({ state }) => state === 'duplicate'),
    offline: number(({ state }) => state === 'offline') > 0,
    remaining: running.length > 0 && speed > 0 ? left / speed : null,
  };
}
