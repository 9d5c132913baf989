import { createMD5 } from 'hash-wasm';

/** Read at a time: large enough to be fast, small enough for a phone. */
const CHUNK = 4 * 1024 * 1024;

async function md5(file: Blob): Promise<string> {
  const hash = await createMD5();
  for (let start = 0; start < file.size; start += CHUNK) {
    hash.update(new Uint8Array(await file.slice(start, start + CHUNK).arrayBuffer()));
  }
  return hash.digest('hex');
}

self.onmessage = (event: MessageEvent<Blob>) => {
  md5(event.data).then(
    (hash) => self.postMessage({ hash }),
    (error: unknown) => self.postMessage({ error: String(error) }),
  );
};
