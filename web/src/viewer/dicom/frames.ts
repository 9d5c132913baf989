import { EXPLICIT, UNDEFINED, type Element } from './elements';
import { joined } from './joined';
import { frameBits, sampledFor, type Layout } from './layout';
import type { Parsed } from './parse';
import { TAG } from './tags';

/** How the bytes of a frame are stored. */
export type Stored =
  | { kind: 'native'; bytes: Uint8Array; firstBit: number; layout: Layout }
  | { kind: 'codestream'; bytes: Uint8Array };

/** The frames that are there, and the one a preview is made of. */
export interface Frames {
  count: number;
  middle: number;
  stored: (index: number) => Stored;
}

const UNCOMPRESSED =
  /^1\.2\.840\.10008\.1\.2(\.1|\.1\.98|\.1\.99|\.2)?$|^1\.2\.840\.113619\.5\.2$|^1\.3\.46\.670589\.33\.1\.4\.1$/;
/** A quarter of a frame is shown if that is all there is. */
const LEAST_PART = 4;

/** Where the frames are. The length and the first bytes decide how they are stored, not the transfer syntax. */
export function framesOf(parsed: Parsed, layout: Layout): Frames {
  const { pixels, source, transferSyntax } = parsed;
  if (pixels.length === UNDEFINED) return encapsulatedFrames(parsed, layout);
  const value = source.bytes.subarray(pixels.start, pixels.start + pixels.length);
  const isNative = isNativeLength(layout, pixels.length, transferSyntax);
  if (isNative || (UNCOMPRESSED.test(transferSyntax) && codecOf(value) === null)) {
    return nativeFrames(parsed, sampledFor(layout, pixels.length));
  }
  return { count: 1, middle: 0, stored: () => ({ kind: 'codestream', bytes: value }) };
}

/** Whether a value of so many bytes can hold native samples. Under a private syntax it has to fit exactly. */
function isNativeLength(layout: Layout, length: number, transferSyntax: string): boolean {
  const bits = frameBits(sampledFor(layout, length));
  const isPrivate = !transferSyntax.startsWith('1.2.840.10008.') && !UNCOMPRESSED.test(transferSyntax);
  if (isPrivate) return [0, 1].includes(length - Math.ceil((bits * layout.frames) / 8));
  return length >= Math.ceil(bits / 8);
}

function nativeFrames({ source, pixels }: Parsed, layout: Layout): Frames {
  const bits = frameBits(layout);
  const there = Math.min(pixels.length, source.bytes.length - pixels.start);
  const whole = Math.floor((there * 8) / bits);
  const isCut = there < pixels.length || there < Math.ceil(bits / 8 / LEAST_PART);
  if (whole === 0 && isCut) throw new Error('fewer pixels than announced');
  const count = Math.max(1, Math.min(whole, layout.frames));
  // Words of two samples were swapped although samples have 8 bits (OW in a big endian file, PS3.5 8.1.2).
  const swapped = pixels.written.bigEndian && layout.bitsAllocated === 8 && pixels.vr === 'OW';
  const value = source.bytes.subarray(pixels.start, pixels.start + there);
  const stored = (index: number): Stored => {
    const first = index * bits;
    const [start, end] = [Math.floor(first / 8), Math.ceil((first + bits) / 8)];
    // Pixels the writer left out are black.
    const bytes = new Uint8Array(end - start);
    if (swapped) for (let at = start; at < end; at++) bytes[at - start] = value[at ^ 1] ?? 0;
    else bytes.set(value.subarray(start, end));
    return { kind: 'native', bytes, firstBit: first % 8, layout };
  };
  return { count, middle: Math.floor(count / 2), stored };
}

/** What bytes are compressed as, when their beginning says so. */
export function codecOf(bytes: Uint8Array): 'jpeg' | 'jpeg-2000' | 'jpeg-xl' | null {
  const begins = (...wanted: number[]) => wanted.every((byte, at) => bytes[at] === byte);
  if (begins(0xff, 0xd8, 0xff)) return 'jpeg';
  if (begins(0xff, 0x4f, 0xff, 0x51)) return 'jpeg-2000';
  if (begins(0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20)) return 'jpeg-2000';
  if (begins(0xff, 0x0a) || begins(0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20)) return 'jpeg-xl';
  return null;
}

/** Fragments of compressed frames (PS3.5 annex A.4). */
function encapsulatedFrames(parsed: Parsed, layout: Layout): Frames {
  const { source, pixels } = parsed;
  const table = source.at(pixels.start, EXPLICIT);
  if (!table || table.tag !== TAG.item) throw new Error('no fragments');
  const first = table.start + table.length;
  const fragments: Element[] = [];
  for (let item = source.at(first, EXPLICIT); item?.tag === TAG.item;) {
    if (item.start + item.length > source.bytes.length) break;
    fragments.push(item);
    item = source.at(item.start + item.length, EXPLICIT);
  }
  const offsets = layout.frames > 1 ? offsetsOf(parsed, table, layout.frames) : null;
  const ranges = offsets ? rangesByOffset(fragments, first, offsets) : null;
  const found =
    ranges ??
    rangesByContent(
      parsed,
      fragments.filter(({ length }) => length > 0),
      layout.frames,
    );
  const middle = ranges
    ? Math.floor(layout.frames / 2)
    : Math.floor(Math.min(found.length, layout.frames) / 2);
  const missing = found.findIndex((range) => range.length === 0);
  const count = Math.min(missing < 0 ? found.length : missing, layout.frames);
  if (count === 0) throw new Error('fewer frames than announced');
  const stored = (index: number): Stored => {
    const parts = (found[index] ?? []).map(({ start, length }) =>
      source.bytes.subarray(start, start + length),
    );
    return { kind: 'codestream', bytes: joined(parts) };
  };
  return { count, middle: Math.min(middle, count - 1), stored };
}

/** Where frames begin, by the extended (PS3.3 C.7.6.3.1.8) or the basic offset table; null when it does not fit. */
function offsetsOf({ source, dataSet }: Parsed, table: Element, frames: number): number[] | null {
  const extended = dataSet.get(TAG.extendedOffsetTable);
  const { view } = source;
  if (extended?.length === 8 * frames) {
    return Array.from({ length: frames }, (_, index) =>
      Number(view.getBigUint64(extended.start + index * 8, true)),
    );
  }
  if (table.length !== 4 * frames) return null;
  return Array.from({ length: frames }, (_, index) => view.getUint32(table.start + index * 4, true));
}

function rangesByOffset(fragments: Element[], first: number, offsets: number[]): Element[][] | null {
  const places = new Map(fragments.map(({ start }, index) => [start - 8 - first, index]));
  const begins = offsets.map((offset) => places.get(offset));
  const fits = begins.every(
    (begin, at) => begin === undefined || at === 0 || begin > (begins[at - 1] ?? Infinity),
  );
  if (!fits || begins[0] === undefined) return null;
  return begins.map((begin, at) =>
    begin === undefined
      ? []
      : fragments.slice(begin, begins[at + 1] ?? (at + 1 < begins.length ? begin + 1 : undefined)),
  );
}

/** Without offsets: frames begin where a compressed image begins, or there is one fragment a frame. */
function rangesByContent({ source }: Parsed, fragments: Element[], announced: number): Element[][] {
  const isStart = ({ start, length }: Element) => {
    const [lead, second] = source.bytes.subarray(start, start + Math.min(2, length));
    return lead === 0xff && (second === 0xd8 || second === 0x4f || second === 0x0a);
  };
  let starts = [...fragments.keys()].filter((index) => isStart(fragments[index] as Element));
  if (starts[0] !== 0) {
    const each = Math.floor(fragments.length / announced);
    const even = announced === 1 || (each > 1 && fragments.length % announced === 0);
    const step = Math.max(1, even ? each : 1);
    starts = [...fragments.keys()].filter((index) => index % step === 0);
  }
  return starts.map((start, at) => fragments.slice(start, starts[at + 1]));
}
