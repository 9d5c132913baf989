import { Unreachable } from '../api/problem';

/** Downloads from a presigned URL, telling the share that has arrived (0..1) when the length is known. */
export async function fetchBytes(
  url: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const response = await fetch(url, { signal, credentials: 'omit' }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Unreachable(error);
  });
  if (!response.ok || !response.body) throw new Unreachable(`HTTP ${response.status}`);
  const total = Number(response.headers.get('content-length'));
  const chunks: BlobPart[] = [];
  let received = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks);
    chunks.push(value);
    received += value.length;
    if (total > 0) onProgress(received / total);
  }
}
