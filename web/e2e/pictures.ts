import { createCipheriv, createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

/** Brightness of a pixel, 0..255. */
export type Pixel = (x: number, y: number, frame: number) => number;

/** A picture that differs for every seed, so that no two test files are duplicates. */
export function pattern(seed: number): Pixel {
  return (x, y) => (x * (3 + (seed % 7)) + y * (5 + (seed % 11)) + seed * 37) & 0xff;
}

interface DicomOptions {
  size?: number;
  frames?: number;
  pixel?: Pixel;
  patientId?: string;
  patientName?: string;
  uid?: string;
  modality?: string;
  /** Pixel Spacing. */
  spacing?: string;
}

/** A DICOM file (PS3.10), Explicit VR Little Endian, 8-bit MONOCHROME2 with a window that shows values as they are. */
export function dicom(seed: number, options: DicomOptions = {}): Buffer {
  const {
    size = 64,
    frames = 1,
    pixel = pattern(seed),
    patientId = 'P-1',
    patientName = 'TEST^PERSON',
    modality = 'CT',
    spacing,
  } = options;
  const uid = options.uid ?? `1.2.826.0.1.3680043.10.1.${seed + 1}`;
  const meta = [
    element(0x0002, 0x0002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    element(0x0002, 0x0003, 'UI', uid),
    element(0x0002, 0x0010, 'UI', '1.2.840.10008.1.2.1'),
  ];
  const metaLength = Buffer.concat(meta).length;
  const pixels = Buffer.alloc(size * size * frames);
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) pixels[(frame * size + y) * size + x] = pixel(x, y, frame);
    }
  }
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x0002, 0x0000, 'UL', uint32(metaLength)),
    ...meta,
    element(0x0008, 0x0005, 'CS', 'ISO_IR 192'),
    element(0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    element(0x0008, 0x0018, 'UI', uid),
    element(0x0008, 0x0020, 'DA', '20260105'),
    element(0x0008, 0x0060, 'CS', modality),
    element(0x0010, 0x0010, 'PN', patientName),
    element(0x0010, 0x0020, 'LO', patientId),
    element(0x0018, 0x0015, 'CS', 'CHEST'),
    element(0x0020, 0x000d, 'UI', '1.2.826.0.1.3680043.10.2.1'),
    element(0x0020, 0x000e, 'UI', '1.2.826.0.1.3680043.10.3.1'),
    element(0x0020, 0x0013, 'IS', String(seed)),
    element(0x0028, 0x0002, 'US', uint16(1)),
    element(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    ...(frames > 1 ? [element(0x0028, 0x0008, 'IS', String(frames))] : []),
    element(0x0028, 0x0010, 'US', uint16(size)),
    element(0x0028, 0x0011, 'US', uint16(size)),
    ...(spacing === undefined ? [] : [element(0x0028, 0x0030, 'DS', spacing)]),
    element(0x0028, 0x0100, 'US', uint16(8)),
    element(0x0028, 0x0101, 'US', uint16(8)),
    element(0x0028, 0x0102, 'US', uint16(7)),
    element(0x0028, 0x0103, 'US', uint16(0)),
    element(0x0028, 0x1050, 'DS', '128'),
    element(0x0028, 0x1051, 'DS', '256'),
    element(0x7fe0, 0x0010, 'OB', pixels),
  ]);
}

/** Explicit VR Little Endian, and what else {@link dicomOf} writes. */
export const SYNTAX = {
  explicit: '1.2.840.10008.1.2.1',
  runs: '1.2.840.10008.1.2.5',
  jpeg: '1.2.840.10008.1.2.4.50',
};

/** A DICOM file of these elements, which are put in order; the pixels come last. */
export function dicomOf(
  elements: Buffer[],
  pixels: Buffer,
  syntax = SYNTAX.explicit,
  storage = '1.2.840.10008.5.1.4.1.1.7',
): Buffer {
  const digest = createHash('sha256')
    .update(Buffer.concat([...elements, pixels]))
    .digest();
  const uid = `1.2.826.0.1.3680043.10.4.${digest.readUInt32LE()}`;
  const meta = [
    element(0x0002, 0x0002, 'UI', storage),
    element(0x0002, 0x0003, 'UI', uid),
    element(0x0002, 0x0010, 'UI', syntax),
  ];
  const own = [element(0x0008, 0x0016, 'UI', storage), element(0x0008, 0x0018, 'UI', uid)];
  const tagOf = (bytes: Buffer) => bytes.readUInt16LE(0) * 0x10000 + bytes.readUInt16LE(2);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x0002, 0x0000, 'UL', uint32(Buffer.concat(meta).length)),
    ...meta,
    ...[...own, ...elements].sort((one, other) => tagOf(one) - tagOf(other)),
    pixels,
  ]);
}

interface Layout {
  samples?: number;
  photometric?: string;
  allocated?: number;
  stored?: number;
  high?: number;
  signed?: boolean;
  frames?: number;
  columns?: number;
  rows?: number;
}

/** The image pixel module (PS3.3 C.7.6.3). */
export function layout(options: Layout = {}): Buffer[] {
  const {
    samples = 1,
    photometric = 'MONOCHROME2',
    allocated = 16,
    stored = allocated,
    frames = 1,
  } = options;
  const { high = stored - 1, signed = false, columns = 60, rows = 44 } = options;
  return [
    element(0x0008, 0x0060, 'CS', 'CT'),
    element(0x0028, 0x0002, 'US', uint16(samples)),
    element(0x0028, 0x0004, 'CS', photometric),
    ...(samples > 1 ? [element(0x0028, 0x0006, 'US', uint16(0))] : []),
    ...(frames > 1 ? [element(0x0028, 0x0008, 'IS', String(frames))] : []),
    element(0x0028, 0x0010, 'US', uint16(rows)),
    element(0x0028, 0x0011, 'US', uint16(columns)),
    element(0x0028, 0x0100, 'US', uint16(allocated)),
    element(0x0028, 0x0101, 'US', uint16(stored)),
    element(0x0028, 0x0102, 'US', uint16(high)),
    element(0x0028, 0x0103, 'US', uint16(signed ? 1 : 0)),
  ];
}

/** A sequence of items (PS3.5 7.5), each a list of elements. */
export function sequence(group: number, tag: number, items: Buffer[][]): Buffer {
  const written = items.map((elements) => {
    const bytes = Buffer.concat(elements);
    return Buffer.concat([uint16(0xfffe), uint16(0xe000), uint32(bytes.length), bytes]);
  });
  return element(group, tag, 'SQ', Buffer.concat(written));
}

/** Pixel Data in fragments, after an empty table of offsets (PS3.5 A.4). */
export function fragments(frames: Buffer[]): Buffer {
  const item = (bytes: Buffer) => {
    const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    return Buffer.concat([uint16(0xfffe), uint16(0xe000), uint32(even.length), even]);
  };
  const head = Buffer.concat([uint16(0x7fe0), uint16(0x0010), Buffer.from('OB\0\0'), uint32(0xffffffff)]);
  const end = Buffer.concat([uint16(0xfffe), uint16(0xe0dd), uint32(0)]);
  return Buffer.concat([head, item(Buffer.alloc(0)), ...frames.map(item), end]);
}

/** Words of 16 bits. */
export function words(values: number[]): Buffer {
  return Buffer.from(Uint16Array.from(values, (value) => value & 0xffff).buffer);
}

/** An 8-bit grey PNG. */
export function png(seed: number, size = 96): Buffer {
  return pngOf(8, size, pattern(seed));
}

/** A 16-bit grey PNG as detectors write them: 12 bits of 16 are used, and a browser shows it nearly black. */
export function detectorPng(seed: number, size = 96): Buffer {
  return pngOf(16, size, (x, y, frame) => pattern(seed)(x, y, frame) * 16);
}

function pngOf(bits: 8 | 16, size: number, pixel: Pixel): Buffer {
  const bytes = bits / 8;
  const width = size * bytes + 1;
  const rows = Buffer.alloc(width * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) rows.writeUIntBE(pixel(x, y, 0), y * width + 1 + x * bytes, bytes);
  }
  const header = Buffer.from([...uint32be(size), ...uint32be(size), bits, 0, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Bytes that no compression or cache could shorten, the same for the same seed. */
export function noise(seed: number, length: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Value representations with a 32-bit length (PS3.5, 7.1.2). */
const LONG = new Set(['OB', 'OW', 'UN', 'SQ', 'UT', 'UC']);

export function element(group: number, tag: number, vr: string, value: string | Buffer): Buffer {
  const raw = typeof value === 'string' ? Buffer.from(value) : value;
  const padding = vr === 'UI' || typeof value !== 'string' ? 0 : 0x20;
  const bytes = raw.length % 2 === 0 ? raw : Buffer.concat([raw, Buffer.from([padding])]);
  const head = Buffer.concat([uint16(group), uint16(tag), Buffer.from(vr)]);
  const length = LONG.has(vr) ? Buffer.concat([uint16(0), uint32(bytes.length)]) : uint16(bytes.length);
  return Buffer.concat([head, length, bytes]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32be(data.length), body, uint32be(crc32(body))]);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function uint32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
