import { expect, it, vi } from 'vitest';
import type { Member } from './names';
import { zipOf } from './zip';

const PIECE = 64 * 1024 * 1024;
const PLAIN = 2 ** 32 - 1;
/** Above what the 32 bits of a plain ZIP can say. */
const LARGE = Math.ceil(PLAIN / PIECE + 1) * PIECE;
const AFTER = new TextEncoder().encode('after');
const modified = new Date(2026, 0, 5, 14, 30);
const MEMBERS: Member[] = [
  { id: 1, path: 'large.dcm', size: LARGE, modified },
  { id: 2, path: 'after.dcm', size: AFTER.length, modified },
];

/** A bucket whose large file is the same piece over and over again, and how much of it has been read. */
function bucket() {
  const piece = new Uint8Array(PIECE);
  const given = { bytes: 0 };
  const pull = (to: ReadableStreamDefaultController<Uint8Array>) => {
    if (given.bytes === LARGE) return to.close();
    given.bytes += PIECE;
    to.enqueue(piece);
  };
  const large = () => new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  vi.stubGlobal('fetch', (url: string) => Promise.resolve(new Response(url === '/1' ? large() : AFTER)));
  const expires_at = '2999-01-01T00:00:00Z';
  const downloadUrls = (ids: number[]) =>
    Promise.resolve({
      items: Object.fromEntries(ids.map((id) => [id, { url: `/${id}`, expires_at }])),
      errors: {},
    });
  return { given, api: { downloadUrls } as unknown as Parameters<typeof zipOf>[0] };
}

/** Reads an archive and keeps of it what is no piece of the large file. Tells how far behind the bucket it is. */
async function read(stream: ReadableStream<Uint8Array>, onRead: (bytes: number) => void) {
  const reader = stream.getReader();
  const heads: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { length, heads: Buffer.concat(heads) };
    length += value.length;
    onRead(length);
    if (value.length < PIECE) heads.push(value);
  }
}

/** What the directory says of each file (APPNOTE 4.3.12), with the numbers of 64 bits in its extra field (4.5.3). */
function directoryOf(bytes: Buffer, from: number, count: number) {
  let at = from;
  return Array.from({ length: count }, () => {
    const nameLength = bytes.readUInt16LE(at + 28);
    const path = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const extra = at + 46 + nameLength;
    let wide = extra + 4;
    const number = (offset: number) => {
      const plain = bytes.readUInt32LE(at + offset);
      if (plain < PLAIN) return plain;
      expect(bytes.readUInt16LE(extra)).toBe(1);
      wide += 8;
      return Number(bytes.readBigUInt64LE(wide - 8));
    };
    // In this order they stand in the extra field, too.
    const [size, , offset] = [number(24), number(20), number(42)];
    at = extra + bytes.readUInt16LE(at + 30);
    return { path, size, offset };
  });
}

it('writes an archive of more than 4 GiB, of which it never holds more than some pieces', async () => {
  const { given, api } = bucket();
  let ahead = 0;
  const watch = { onFile: () => undefined, onBytes: () => undefined, missingText: () => '' };
  const stream = zipOf(api, MEMBERS, new AbortController().signal, watch);
  const { length, heads } = await read(stream, (bytes) => {
    ahead = Math.max(ahead, given.bytes - bytes);
  });
  expect(ahead).toBeLessThanOrEqual(3 * PIECE);

  // What is left of the archive without the large file lies so much further back.
  const at = (offset: number) => offset - LARGE;
  const locator = heads.length - 22 - 20;
  expect(heads.toString('latin1', locator, locator + 4)).toBe('PK\x06\x07');
  const end = at(Number(heads.readBigUInt64LE(locator + 8)));
  expect(heads.toString('latin1', end, end + 4)).toBe('PK\x06\x06');
  const [count, offset] = [heads.readBigUInt64LE(end + 32), heads.readBigUInt64LE(end + 48)].map(Number);
  const files = directoryOf(heads, at(offset!), count!);
  expect(files.map(({ path, size }) => ({ path, size }))).toEqual([
    { path: 'large.dcm', size: LARGE },
    { path: 'after.dcm', size: AFTER.length },
  ]);
  const after = at(files[1]!.offset);
  expect(files[1]!.offset).toBeGreaterThan(PLAIN);
  expect(heads.toString('latin1', after, after + 4)).toBe('PK\x03\x04');
  expect(heads.toString('latin1', after + 30, after + 44)).toBe('after.dcmafter');
  expect(length).toBe(LARGE + heads.length);
}, 180_000);
