import { Refused } from './failures';
import { Slots } from './slots';

/**
 * Reading a larger file twice takes longer than what recognising a duplicate before the upload saves; the server
 * computes every hash from the bytes anyway.
 */
const LARGEST = 2 * 1024 ** 3;

/** One file at a time: the disk is the limit, not the processor. */
const slot = new Slots(1);
let worker: Worker | null = null;

/** MD5 of a file, lower-case hex, computed off the main thread; undefined for a very large file. */
export async function md5Of(file: Blob, signal: AbortSignal): Promise<string | undefined> {
  if (file.size > LARGEST) return undefined;
  const release = await slot.acquire(signal);
  try {
    return await ask(file, signal);
  } finally {
    release();
  }
}

function ask(file: Blob, signal: AbortSignal): Promise<string> {
  worker ??= new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  const current = worker;
  return new Promise((resolve, reject) => {
    const stop = () => {
      // A worker cannot be interrupted, only ended.
      current.terminate();
      worker = null;
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    current.onmessage = ({ data }: MessageEvent<{ hash?: string }>) => {
      signal.removeEventListener('abort', stop);
      if (data.hash === undefined) reject(new Refused('unreadable'));
      else resolve(data.hash);
    };
    current.onerror = () => {
      signal.removeEventListener('abort', stop);
      worker = null;
      reject(new Error('hash worker'));
    };
    current.postMessage(file);
  });
}
