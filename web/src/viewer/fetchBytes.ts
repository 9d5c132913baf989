import { Unreachable } from '../api/problem';
import { inTime } from './watch';

/** A line that moves nothing for so long is taken for dead. */
const STALLED_MS = 30_000;

/** Downloads from a presigned URL, telling the share that has arrived (0..1) when the length is known. */
export async function fetchBytes(
  url: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const asked = fetch(url, { signal, credentials: 'omit' });
  const response = await inTime(asked, STALLED_MS).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Unreachable(error);
  });
  if (!response.ok || !response.body) throw new Unreachable(`HTTP ${response.status}`);
  const total = Number(response.headers.get('content-length'));
  const chunks: BlobPart[] = [];
  let received = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await inTime(reader.read(), STALLED_MS).catch(async (error: unknown) => {
      await reader.cancel().catch(() => undefined);
      if (signal.aborted) throw error;
      throw new Unreachable(error);
    });
    if (done) return new Blob(chunks);
    chunks.push(value);
    received += value.length;
    if (total > 0) onProgress(received / total);
  }
}
