import { ApiError, Unreachable } from '../api/problem';
import { PutRefused } from './failures';

/** After this many errors *answered* in a row the user decides. A lost network is waited for without end. */
const ANSWERED_FAILURES = 6;
const LONGEST_WAIT_S = 30;

/** Whether the same request can succeed later, and how long to wait at least. */
function transientDelay(error: unknown, failures: number): number | null {
  const backoff = Math.min(LONGEST_WAIT_S, 2 ** failures);
  if (error instanceof Unreachable) return backoff;
  if (failures >= ANSWERED_FAILURES) return null;
  if (error instanceof ApiError && error.isTransient) return Math.max(error.retryAfter ?? 0, backoff);
  if (error instanceof PutRefused && (error.status >= 500 || error.status === 429)) return backoff;
  return null;
}

/** Repeats a request that may be repeated until it succeeds, fails for good, or the user stops it. */
export async function persist<T>(
  act: () => Promise<T>,
  signal: AbortSignal,
  onWaiting: (waiting: boolean) => void = () => undefined,
  wait: typeof waitForNetwork = waitForNetwork,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      const result = await act();
      if (failures > 0) onWaiting(false);
      return result;
    } catch (error) {
      const delay = transientDelay(error, failures);
      if (signal.aborted || delay === null) throw error;
      onWaiting(true);
      await wait(delay, signal);
    }
  }
}

/** Waits some seconds, or less when the browser says the network is back; while it says there is none, for as long as that lasts. */
export function waitForNetwork(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = () => {
      done();
      reject(signal.reason);
    };
    const timer = setTimeout(() => navigator.onLine && done(), seconds * 1000);
    window.addEventListener('online', done);
    signal.addEventListener('abort', stop, { once: true });
  });
}
