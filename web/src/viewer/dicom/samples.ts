import type { Layout } from './layout';

/** Sample values as stored, pixel by pixel, with their sign. */
export type Samples =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;

/** Reads the bytes of one native frame (PS3.5 8.1.1 and annex D). */
export function nativeSamples(bytes: Uint8Array, layout: Layout, bigEndian: boolean, firstBit = 0): Samples {
  const { bitsAllocated, rows, columns, samples } = layout;
  if (bitsAllocated === 1) return unpackBits(bytes, rows * columns * samples, firstBit);
  const values = valuesOf(bytes, layout, bigEndian);
  if (layout.sampling === 'pairs') return upsamplePairs(values, rows * columns);
  if (layout.sampling === 'blocks') return upsampleBlocks(values, columns, rows);
  return layout.planar ? interleaved(values) : values;
}

/** Single bits, the first pixel in the lowest bit. */
function unpackBits(bytes: Uint8Array, count: number, firstBit: number): Uint8Array {
  const values = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const bit = firstBit + index;
    values[index] = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
  }
  return values;
}

function valuesOf(bytes: Uint8Array, layout: Layout, bigEndian: boolean): Samples {
  const { bitsAllocated, float } = layout;
  const size = bitsAllocated / 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Math.floor(bytes.length / size);
  if (float) {
    const values = new Float64Array(length);
    const read = size === 4 ? 'getFloat32' : 'getFloat64';
    for (let index = 0; index < length; index++) values[index] = view[read](index * size, !bigEndian);
    return values;
  }
  if (size === 8) return wideValues(view, length, layout, bigEndian);
  const raw =
    size === 1 ? new Uint8Array(length) : size === 2 ? new Uint16Array(length) : new Uint32Array(length);
  const read = size === 1 ? 'getUint8' : size === 2 ? 'getUint16' : 'getUint32';
  for (let index = 0; index < length; index++) raw[index] = view[read](index * size, !bigEndian);
  return withSign(raw, layout);
}

function wideValues(view: DataView, length: number, layout: Layout, bigEndian: boolean): Float64Array {
  const values = new Float64Array(length);
  const cut = layout.signed ? BigInt.asIntN : BigInt.asUintN;
  for (let index = 0; index < length; index++) {
    const word = view.getBigUint64(index * 8, !bigEndian) >> BigInt(layout.unusedLowBits);
    values[index] = Number(cut(layout.bitsStored, word));
  }
  return values;
}

/** Integers without the bits that are not stored, their sign extended. */
export function withSign(
  raw: Uint8Array | Uint16Array | Uint32Array,
  { bitsStored, unusedLowBits, signed }: Layout,
): Samples {
  const unused = Math.max(0, 32 - bitsStored);
  const values = !signed ? raw : signedOf(raw);
  for (let index = 0; index < raw.length; index++) {
    const top = ((raw[index] ?? 0) >>> unusedLowBits) << unused;
    values[index] = signed ? top >> unused : top >>> unused;
  }
  return values;
}

function signedOf(raw: Uint8Array | Uint16Array | Uint32Array): Int8Array | Int16Array | Int32Array {
  if (raw instanceof Uint8Array) return new Int8Array(raw.length);
  return raw instanceof Uint16Array ? new Int16Array(raw.length) : new Int32Array(raw.length);
}

/** As many samples of the same kind. */
function like<S extends Samples>(samples: S, length: number): S {
  return new (samples.constructor as new (length: number) => S)(length);
}

/** `RRR…GGG…BBB…` becomes `RGBRGB…`. */
export function interleaved(planes: Samples): Samples {
  const pixels = Math.floor(planes.length / 3);
  const values = like(planes, pixels * 3);
  for (let index = 0; index < values.length; index++) {
    values[index] = planes[(index % 3) * pixels + Math.floor(index / 3)] ?? 0;
  }
  return values;
}

/** Two luminances share one pair of colour differences: `Y₁Y₂CbCr` becomes `Y₁CbCrY₂CbCr`. */
function upsamplePairs(values: Samples, pixels: number): Samples {
  const upsampled = like(values, pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const pair = (pixel >> 1) * 4;
    upsampled[pixel * 3] = values[pair + (pixel & 1)] ?? 0;
    upsampled[pixel * 3 + 1] = values[pair + 2] ?? 0;
    upsampled[pixel * 3 + 2] = values[pair + 3] ?? 0;
  }
  return upsampled;
}

/** Four luminances share one pair of colour differences, and each kind stands together, as in video. */
function upsampleBlocks(values: Samples, columns: number, rows: number): Samples {
  const upsampled = like(values, columns * rows * 3);
  const across = Math.ceil(columns / 2);
  const differences = across * Math.ceil(rows / 2);
  for (let pixel = 0; pixel < columns * rows; pixel++) {
    const block = (Math.floor(pixel / columns) >> 1) * across + ((pixel % columns) >> 1);
    upsampled[pixel * 3] = values[pixel] ?? 0;
    upsampled[pixel * 3 + 1] = values[columns * rows + block] ?? 0;
    upsampled[pixel * 3 + 2] = values[columns * rows + differences + block] ?? 0;
  }
  return upsampled;
}
