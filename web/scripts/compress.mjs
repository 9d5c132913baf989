// Writes .gz beside every text file of the bundle, for servers that send what lies there (tower-http, nginx).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url).pathname;
/** Below this a second file is not worth its lookup. */
const SMALLEST = 1024;

for (const file of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|html|svg|wasm)$/.test(file)) continue;
  const bytes = readFileSync(join(dist, file));
  if (bytes.length >= SMALLEST) writeFileSync(join(dist, `${file}.gz`), gzipSync(bytes, { level: 9 }));
}
