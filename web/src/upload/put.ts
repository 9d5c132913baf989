import { Unreachable } from '../api/problem';
import { PutRefused } from './failures';

/** A connection that moved nothing for so long is taken for dead (sleep, a changed network). */
const STALLED_MS = 60_000;

/** Browsers set these themselves and refuse to let a page do it. */
const FORBIDDEN = new Set(['host', 'content-length']);

/** Sends bytes to a presigned URL. `fetch` cannot report upload progress, hence XMLHttpRequest. */
export function put(
  url: string,
  headers: Record<string, string>,
  body: Blob,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watchdog: ReturnType<typeof setTimeout>;
    const settle = (act: () => void) => {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', abort);
      act();
    };
    const abort = () => {
      request.abort();
      settle(() => reject(signal.reason));
    };
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        request.abort();
        settle(() => reject(new Unreachable('stalled')));
      }, STALLED_MS);
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) {
      if (!FORBIDDEN.has(name.toLowerCase())) request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => {
      alive();
      onSent(event.loaded);
    };
    request.onload = () => settle(() => (request.status < 300 ? resolve() : reject(refusal(request))));
    request.onerror = () => settle(() => reject(new Unreachable('connection')));
    alive();
    request.send(body);
  });
}

function refusal(request: XMLHttpRequest): PutRefused {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(request.responseText)?.[1] ?? '';
  return new PutRefused(request.status, code);
}
