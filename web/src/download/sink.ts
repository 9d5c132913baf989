import { inTime } from '../viewer/watch';
import { saveUrl } from './saveUrl';

/** Without a service worker a download has to be kept in memory, so it may not be larger. */
export const IN_MEMORY = 1024 ** 3;
/** Browsers end a worker that hears nothing for half a minute. */
const SIGN_OF_LIFE_MS = 10_000;
const PATIENCE_MS = 10_000;
/** Pieces are sent on when they are so large. */
const PIECE = 1024 * 1024;

/** It does not fit into memory, and this browser offers no other way here. */
export class TooLargeForBrowser extends Error {
  override readonly name = 'TooLargeForBrowser';
}

/** Whether the browser can write a download of any size. It needs HTTPS, and Firefox refuses it in private windows. */
export const canStream = () => 'serviceWorker' in navigator && window.isSecureContext;

/** Saves a stream under a name: the browser writes it while it comes. Rejects when somebody stops it, here or there. */
export async function save(
  stream: ReadableStream<Uint8Array>,
  name: string,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const worker = canStream() ? await startWorker().catch(() => null) : null;
  if (worker) return saveByWorker(worker, stream, name, signal);
  if (size > IN_MEMORY) {
    await stream.cancel();
    throw new TooLargeForBrowser();
  }
  return saveFromMemory(stream, name, signal);
}

async function startWorker(): Promise<ServiceWorker> {
  const registration = await navigator.serviceWorker.register('/zip-worker.js', { scope: '/zip/' });
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (!worker) throw new Error('no worker');
  if (worker.state === 'activated') return worker;
  const active = new Promise<ServiceWorker>((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(worker);
      if (worker.state === 'redundant') reject(new Error('the worker was refused'));
    });
  });
  return inTime(active, PATIENCE_MS);
}

async function saveByWorker(
  worker: ServiceWorker,
  stream: ReadableStream<Uint8Array>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const id = crypto.randomUUID();
  const { port1: port, port2 } = new MessageChannel();
  const alive = setInterval(() => worker.postMessage({ alive: id }), SIGN_OF_LIFE_MS);
  const frame = document.createElement('iframe');
  frame.hidden = true;
  try {
    const ready = new Promise((resolve) => (port.onmessage = resolve));
    worker.postMessage({ id, name }, [port2]);
    await inTime(ready, PATIENCE_MS);
    const sent = pump(stream, port, signal);
    frame.src = `/zip/${id}`;
    document.body.append(frame);
    await sent;
  } finally {
    clearInterval(alive);
    // A frame that goes away in the middle would take the download with it.
    setTimeout(() => frame.remove(), PATIENCE_MS);
    port.close();
  }
}

/** Sends a piece each time the worker asks. */
function pump(stream: ReadableStream<Uint8Array>, port: MessagePort, signal: AbortSignal): Promise<void> {
  const reader = stream.getReader();
  return new Promise((resolve, reject) => {
    const stop = (reason: unknown) => {
      port.postMessage('abort');
      void reader.cancel(reason).catch(() => undefined);
      reject(reason);
    };
    const silent = setTimeout(() => stop(new Error('the browser did not begin the download')), PATIENCE_MS);
    signal.addEventListener('abort', () => stop(signal.reason), { once: true });
    const answer = async () => {
      const piece = await gather(reader);
      if (piece) return port.postMessage(piece, [piece.buffer]);
      port.postMessage('end');
      resolve();
    };
    port.onmessage = ({ data }) => {
      clearTimeout(silent);
      if (data === 'pull') answer().catch(stop);
      else stop(new DOMException('stopped in the browser', 'AbortError'));
    };
  });
}

/** The next pieces, in one of its own memory; null at the end. */
async function gather(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size < PIECE) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
  }
  if (size === 0) return null;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function saveFromMemory(
  stream: ReadableStream<Uint8Array>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const pieces: BlobPart[] = [];
  const reader = stream.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    if (done) break;
    pieces.push(value as Uint8Array<ArrayBuffer>);
  }
  const url = URL.createObjectURL(new Blob(pieces, { type: 'application/zip' }));
  saveUrl(url, name);
  // The browser has read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
