import {
  isCancellable,
  isGood,
  isInDoubt,
  isJudged,
  isOver,
  isPictureless,
  isRetryable,
  isRunning,
  type UploadItem,
} from './item';

/** The queue in one line. */
export interface Progress {
  files: number;
  filesDone: number;
  bytes: number;
  bytesDone: number;
  running: number;
  paused: number;
  /** Arrived; the server is at work on them. */
  processing: number;
  failed: number;
  /** Failed ones that are worth another try. */
  retryable: number;
  /** Those that can be stopped. */
  cancellable: number;
  /** Those that nobody has to read; cancelled ones, too. */
  clearable: number;
  /** Failed or in doubt, by what the server found: they are read and taken off the list. */
  judged: number;
  ready: number;
  /** Arrived, and as they should be, but no pictures. */
  pictureless: number;
  doubt: number;
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
    processing: number(({ state }) => state === 'processing'),
    failed: number(({ state }) => state === 'failed'),
    retryable: number(isRetryable),
    cancellable: number(isCancellable),
    clearable: items.filter(isGood).length,
    judged: number(isJudged),
    ready: number((item) => item.state === 'done' && !isInDoubt(item) && !isPictureless(item)),
    pictureless: number(isPictureless),
    doubt: number(isInDoubt),
    existing: number((item) => item.state === 'duplicate' && !isInDoubt(item)),
    offline,
    remaining: running.length > 0 && speed > 0 && !offline ? left / speed : null,
  };
}

/** What needs a person comes first: failed, in doubt, under way, done, cancelled. */
export function byUrgency(items: readonly UploadItem[]): UploadItem[] {
  const ranks: UploadItem[][] = [[], [], [], [], []];
  for (const item of items) ranks[rankOf(item)]?.push(item);
  return ranks.flat();
}

function rankOf(item: UploadItem): number {
  if (item.state === 'failed') return 0;
  if (isInDoubt(item)) return 1;
  if (item.state === 'cancelled') return 4;
  return isOver(item) ? 3 : 2;
}
