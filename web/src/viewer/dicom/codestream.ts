import { sampledFor, type Layout, type Photometric } from './layout';
import { codecOf } from './frames';
import { joined } from './joined';
import { inflate } from './parse';
import { unpackRuns } from './rle';
import { interleaved, nativeSamples, withSign, type Samples } from './samples';

/** A decoded frame, and its layout: what the codestream says where it differs from the header. */
export interface Decoded {
  layout: Layout;
  samples: Samples;
}

/** What a decoder of the library makes of a codestream. */
export interface Pixels {
  data: ArrayLike<number> & { length: number };
  /** Of those that tell. */
  columns?: number;
  rows?: number;
  components?: number;
  precision?: number;
  signed?: boolean;
  /** Of JPEG-LS: 0 is plane after plane (T.87 C.2.3). */
  interleave?: number;
}

/** One of the decoders, by the transfer syntax it is meant for. */
export type Decoder = (transferSyntax: string, bytes: Uint8Array, size: DecodedSize) => Promise<Pixels>;

/** What decoders have to be told that do not look for themselves. */
export type DecodedSize = Pick<Layout, 'rows' | 'columns' | 'bitsAllocated'>;

const DICOM_SYNTAX = '1.2.840.10008.1.2';
const [BASELINE, EXTENDED, LOSSLESS, JPEG_LS, JPEG_2000, HIGH_THROUGHPUT, JPEG_XL] = [
  '.4.50',
  '.4.51',
  '.4.57',
  '.4.80',
  '.4.90',
  '.4.201',
  '.4.110',
].map((end) => DICOM_SYNTAX + end) as [string, string, string, string, string, string, string];

/** Decodes a frame. What its first bytes say counts before the transfer syntax. */
export async function decodeFrame(
  bytes: Uint8Array,
  layout: Layout,
  transferSyntax: string,
  decoder: Decoder,
): Promise<Decoded> {
  switch (codecOf(bytes)) {
    case 'jpeg':
      return jpeg(bytes, layout, decoder);
    case 'jpeg-2000':
      return jpeg2000(bytes, layout, decoder);
    case 'jpeg-xl':
      return taken(await decoder(JPEG_XL, bytes, sized(layout, layout.bitsStored)), layout, 'silent');
  }
  const { rows, columns, samples, bitsAllocated } = layout;
  const size = Math.ceil(bitsAllocated / 8);
  if (transferSyntax === `${DICOM_SYNTAX}.5`) {
    // Segments come by plane whatever the header says, and are pixels by now; 4:2:2 exists in native frames only.
    const own: Layout = { ...layout, planar: false, sampling: 'every' };
    return {
      layout: own,
      samples: nativeSamples(unpackRuns(bytes, rows * columns, samples, size), own, false),
    };
  }
  if (transferSyntax === `${DICOM_SYNTAX}.8.1`) {
    const length = rows * columns * samples * size;
    return { layout, samples: nativeSamples(await inflate(bytes, length), layout, false) };
  }
  if (/^1\.2\.840\.10008\.1\.2(\.1|\.1\.98|\.2)?$/.test(transferSyntax)) {
    const own = sampledFor({ ...layout, frames: 1 }, bytes.length);
    return { layout: own, samples: nativeSamples(bytes, own, false) };
  }
  throw new Error(`no decoder for ${transferSyntax}`);
}

const allocated = (bits: number) => (bits <= 8 ? 8 : 16);
const sized = ({ rows, columns }: { rows: number; columns: number }, bits: number): DecodedSize => ({
  rows,
  columns,
  bitsAllocated: allocated(bits),
});

/** What a codestream says of its three components; see `codec/colour.rs`, whose table this is. */
type Says = 'undone' | 'ybr' | 'rgb' | 'rather-ybr' | 'jpeg-2000-silent' | 'silent';

/** What the components are, of which the codestream and the header say something. */
export function coloursOf(says: Says, { photometric, transformed }: Layout): Photometric {
  if (says === 'undone' || says === 'rgb') return 'RGB';
  if (says === 'rather-ybr') return photometric === 'RGB' && !transformed ? 'RGB' : 'YBR';
  if (says === 'ybr' || (says === 'jpeg-2000-silent' && transformed)) return 'YBR';
  return photometric === 'YBR' || photometric === 'YBR_PARTIAL' ? photometric : 'RGB';
}

/** The pixels of a decoder with the layout they have. */
function taken(pixels: Pixels, layout: Layout, says: Says): Decoded {
  const { components = layout.samples, precision = layout.bitsStored } = pixels;
  if (precision > 16) throw new Error('more than 16 bits');
  const photometric =
    components === 3 ? coloursOf(says, layout) : layout.samples === 1 ? layout.photometric : 'MONOCHROME2';
  if (components !== 1 && components !== 3) throw new Error(`${components} components`);
  const unused = precision === layout.bitsStored + layout.unusedLowBits ? layout.unusedLowBits : 0;
  const own: Layout = {
    ...layout,
    rows: pixels.rows ?? layout.rows,
    columns: pixels.columns ?? layout.columns,
    samples: components,
    photometric,
    planar: false,
    sampling: 'every',
    bitsAllocated: allocated(precision),
    bitsStored: precision - unused,
    unusedLowBits: unused,
    signed: layout.signed || (pixels.signed ?? false),
  };
  if (pixels.data.length < own.rows * own.columns * components)
    throw new Error('fewer pixels than announced');
  const raw = precision <= 8 ? Uint8Array.from(pixels.data) : Uint16Array.from(pixels.data);
  const samples = withSign(raw, own);
  return {
    layout: own,
    samples: pixels.interleave === 0 && components === 3 ? interleaved(samples) : samples,
  };
}

/** What the marker segments before the first scan of a JPEG say (T.81). */
export interface Markers {
  process: number;
  precision: number;
  rows: number;
  columns: number;
  components: number;
  says: Says;
  /** Where the application segments are, which decoders guess colours by. */
  applications: [number, number][];
}

export function markersOf(bytes: Uint8Array): Markers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const applications: [number, number][] = [];
  let jfif = false;
  let adobe: number | null = null;
  const startsWith = (place: number, text: string) =>
    [...text].every((letter, at) => bytes[place + at] === letter.charCodeAt(0));
  for (let place = 2; place + 4 <= bytes.length;) {
    const marker = bytes[place + 1] ?? 0;
    if (bytes[place] !== 0xff) break;
    // Bytes of fill before a marker.
    if (marker === 0xff) {
      place++;
      continue;
    }
    const end = place + 2 + view.getUint16(place + 2);
    if (marker === 0xe0 && startsWith(place + 4, 'JFIF\0')) jfif = true;
    if (marker === 0xee && startsWith(place + 4, 'Adobe') && place + 15 < end)
      adobe = bytes[place + 15] ?? null;
    if (marker === 0xe0 || marker === 0xee) applications.push([place, end]);
    if (marker >= 0xc0 && (marker <= 0xcf || marker === 0xf7) && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const components = bytes[place + 9] ?? 0;
      const each = Array.from({ length: components }, (_, index) => place + 10 + index * 3);
      const names = String.fromCharCode(...each.map((at) => bytes[at] ?? 0)).toUpperCase();
      const shared = each.some((at) => bytes[at + 1] !== bytes[(each[0] ?? 0) + 1]);
      const lossless = [0xc3, 0xc7, 0xcb, 0xcf].includes(marker);
      return {
        process: marker,
        precision: bytes[place + 4] ?? 8,
        rows: view.getUint16(place + 5),
        columns: view.getUint16(place + 7),
        components,
        says: jpegSays({ shared, names, lossless, jfif, adobe }),
        applications,
      };
    }
    place = end;
  }
  throw new Error('JPEG without a frame');
}

interface JpegFacts {
  shared: boolean;
  names: string;
  lossless: boolean;
  jfif: boolean;
  adobe: number | null;
}

function jpegSays({ shared, names, lossless, jfif, adobe }: JpegFacts): Says {
  if (shared && !lossless) return 'ybr';
  if (names === 'RGB') return 'rgb';
  if (lossless) return 'silent';
  if (jfif) return 'ybr';
  if (adobe === null) return 'rather-ybr';
  return adobe === 0 ? 'rgb' : 'ybr';
}

async function jpeg(bytes: Uint8Array, layout: Layout, decoder: Decoder): Promise<Decoded> {
  const markers = markersOf(bytes);
  const { process, precision, rows, columns, components, says } = markers;
  if (process === 0xf7)
    return taken(await decoder(JPEG_LS, bytes, sized(markers, precision)), layout, 'silent');
  if (precision > 8 || [0xc3, 0xc7].includes(process)) {
    const syntax = precision > 8 && process < 0xc3 ? EXTENDED : LOSSLESS;
    const pixels = await decoder(syntax, bytes, sized(markers, precision));
    const decoded = taken({ ...pixels, rows, columns, components, precision }, layout, says);
    // Signs are extended from the bit the header calls the highest.
    const bitsStored = Math.min(layout.bitsStored, precision);
    const own = { ...decoded.layout, bitsStored };
    if (bitsStored >= decoded.layout.bitsStored) return { ...decoded, layout: own };
    return {
      layout: own,
      samples: withSign(Uint16Array.from(decoded.samples), { ...own, unusedLowBits: 0 }),
    };
  }
  const wanted = components === 3 ? coloursOf(says, layout) : 'RGB';
  const pixels = await decoder(
    BASELINE,
    withAdobe(bytes, markers, wanted === 'RGB' ? 0 : 1),
    sized(markers, 8),
  );
  // The decoder undid what the marker says.
  return taken(
    { ...pixels, rows, columns, components, precision: 8 },
    { ...layout, bitsStored: 8, unusedLowBits: 0 },
    'undone',
  );
}

/** The codestream with one Adobe marker (T.872 6.5.3) that says what its colours are, so that no decoder guesses, and an end. */
function withAdobe(bytes: Uint8Array, { applications }: Markers, transform: 0 | 1): Uint8Array {
  const adobe = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform];
  const parts: (Uint8Array | number[])[] = [bytes.subarray(0, 2), adobe];
  let place = 2;
  for (const [start, end] of applications) {
    parts.push(bytes.subarray(place, start));
    place = end;
  }
  parts.push(bytes.subarray(place), [0xff, 0xd9]);
  return joined(parts);
}

async function jpeg2000(bytes: Uint8Array, layout: Layout, decoder: Decoder): Promise<Decoded> {
  const facts = jpeg2000Facts(bytes);
  const pixels = await decoder(
    facts.highThroughput ? HIGH_THROUGHPUT : JPEG_2000,
    bytes,
    sized(layout, layout.bitsStored),
  );
  const says = facts.transformed ? 'undone' : facts.ybr ? 'ybr' : 'jpeg-2000-silent';
  return taken(pixels, layout, says);
}

/** What the main header of a codestream says (T.800 A.5 and A.6, T.814 A.2), and the container around it (I.5.3.3). */
export function jpeg2000Facts(bytes: Uint8Array): {
  transformed: boolean;
  highThroughput: boolean;
  ybr: boolean;
} {
  const facts = { transformed: false, highThroughput: false, ybr: false };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let place = 0;
  while (place + 4 < bytes.length && view.getUint32(place) !== 0xff4f_ff51) {
    // The box `colr` with the enumerated colour space sYCC.
    const isColour = view.getUint32(place) === 0x636f_6c72;
    if (isColour && place + 11 <= bytes.length && bytes[place + 4] === 1 && view.getUint32(place + 7) === 18)
      facts.ybr = true;
    place++;
  }
  for (
    place += 2;
    place + 4 <= bytes.length && bytes[place] === 0xff;
    place += 2 + view.getUint16(place + 2)
  ) {
    const marker = bytes[place + 1];
    if (marker === 0x90) break;
    if (marker === 0x50) facts.highThroughput = true;
    if (marker === 0x52) facts.transformed = bytes[place + 8] === 1;
  }
  return facts;
}
