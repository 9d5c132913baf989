import { isOver, isRetryable, isRunning, type UploadItem } from './item';

/** The queue in one line. */
export interface Progress {
  files: number;
  filesDone: number;
  bytes: number;
  bytesDone: number;
  running: number;
  paused: number;
  failed: number;
  /** Failed ones that are worth another try. */
  retryable: number;
  added: number;
  existing: number;
  offline: boolean;
  /** Seconds until everything that runs has arrived; null while nothing can be said. */
  remaining: number | null;
}

/** Cancelled and failed files are no part of the bytes to come: one huge refused file would make the bar meaningless. */
export function progressOf(items: readonly UploadItem[], speed: number): Progress {
  const counted = items.filter(({ state }) => state !== 'cancelled');
  const sum = (of: (item: UploadItem) => number, from: readonly UploadItem[]) =>
    from.reduce((total, item) => total + of(item), 0);
  const number = (matches: (item: UploadItem) => boolean) => counted.filter(matches).length;
  const coming = counted.filter(({ state }) => state !== 'failed');
  const running = counted.filter(isRunning);
  const offline = running.some(({ state }) => state === 'offline');
  const left = sum(({ file, sent }) => file.size - sent, running);
  return {
    files: counted.length,
    filesDone: number(isOver),
    bytes: sum(({ file }) => file.size, coming),
    bytesDone: sum(({ sent }) => sent, coming),
    running: running.length,
    paused: number(({ state }) => state === 'paused'),
    failed: number(({ state }) => state === 'failed'),
    retryable: number(isRetryable),
    added: number(({ state }) => state === 'done'),
    existing: number(({ state }) => state === 'duplicate'),
    offline,
    remaining: running.length > 0 && speed > 0 && !offline ? left / speed : null,
  };
}
