import { DataSet, EXPLICIT, IMPLICIT, isVr, Source, type Element, type Written } from './elements';
import { joined } from './joined';
import { isPixels, TAG } from './tags';

/** A file read up to its pixels. */
export interface Parsed {
  source: Source;
  dataSet: DataSet;
  transferSyntax: string;
  pixels: Element;
  /** Bytes of native pixels, which GE's private syntax writes big endian although the elements are not. */
  pixelsBigEndian: boolean;
}

const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const DEFLATED = '1.2.840.10008.1.2.1.99';
/** Implicit, with pixels in the other order (GDCM, `ImplicitVRBigEndianPrivateGE`). */
const GE_BIG_ENDIAN_PIXELS = '1.2.840.113619.5.2';

/** What a deflated header may become. */
const MOST_INFLATED = 2 ** 31;

/** Reads a DICOM file, with or without its preamble (PS3.10 7.1), up to its pixels. */
export async function parse(bytes: Uint8Array): Promise<Parsed> {
  const file = new Source(bytes);
  const hasPreamble = String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
  const meta = new Map<number, Element>();
  let place = hasPreamble ? 132 : 0;
  for (let element = file.at(place, EXPLICIT); element; element = file.at(place, EXPLICIT)) {
    if (element.tag >>> 16 !== 2) break;
    meta.set(element.tag, element);
    place = file.after(element);
  }
  const declared = new DataSet(file, meta).text(TAG.transferSyntax);
  const transferSyntax = declared === '' ? IMPLICIT_LITTLE_ENDIAN : declared;
  if (transferSyntax === DEFLATED) {
    const inflated = new Source(await inflate(bytes.subarray(place), MOST_INFLATED));
    return root(inflated, 0, EXPLICIT, transferSyntax);
  }
  return root(file, place, guessed(file, place, declared), transferSyntax);
}

/** How the next element is written. The bytes win over the transfer syntax: writers get it wrong in both directions. */
function guessed({ bytes }: Source, place: number, declared: string): Written {
  if (place + 6 > bytes.length) return IMPLICIT;
  const [a = 0, b = 0] = bytes.subarray(place);
  // The first group is a small number: the byte order that makes it small is the right one.
  const bigEndian = a === b ? declared === BIG_ENDIAN : a * 256 + b < b * 256 + a;
  return { explicit: isVr(String.fromCharCode(bytes[place + 4] ?? 0, bytes[place + 5] ?? 0)), bigEndian };
}

function root(source: Source, start: number, written: Written, transferSyntax: string): Parsed {
  const elements = new Map<number, Element>();
  let place = start;
  for (let element = source.at(place, written); element; element = source.at(place, written)) {
    if (isPixels(element.tag)) {
      const pixelsBigEndian = written.bigEndian || transferSyntax === GE_BIG_ENDIAN_PIXELS;
      const dataSet = new DataSet(source, elements);
      return { source, dataSet, transferSyntax, pixels: element, pixelsBigEndian };
    }
    const isStray =
      element.tag === TAG.itemEnd ||
      element.tag === TAG.sequenceEnd ||
      (element.tag === TAG.item && element.length === 0xffff_ffff);
    if (!isStray) elements.set(element.tag, element);
    // What is inside an open item is read as if it was outside.
    place = isStray ? element.start : source.after(element);
  }
  throw new Error('no pixels');
}

/** Bytes that writers put behind the end: none, what makes a length even, and the sums of a gzip file (RFC 1952). */
const BEHIND = [0, 1, 8, 9];

/** Inflates RFC 1951 up to so many bytes. Browsers give nothing at all when something stands behind the end. */
export async function inflate(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  let failed: unknown;
  for (const behind of BEHIND) {
    try {
      return await inflated(bytes.subarray(0, bytes.length - behind), most);
    } catch (error) {
      failed = error;
    }
  }
  throw failed;
}

async function inflated(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  await reader.cancel();
  return joined(chunks).subarray(0, most);
}
