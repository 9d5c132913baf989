import type { DataSet } from './elements';
import type { Layout } from './layout';
import type { Samples } from './samples';
import { TAG } from './tags';
import { entryCount, firstInput, storedRange } from './tone';

/** The upper eight of the stored bits of every sample. */
export function eightBits(samples: Samples, { bitsStored }: Layout): Uint8Array {
  const levels = new Uint8Array(samples.length);
  if (bitsStored === 8 && samples instanceof Uint8Array) return samples;
  const full = 2 ** bitsStored;
  for (let index = 0; index < levels.length; index++) {
    const stored = samples[index] ?? 0;
    const unsigned = stored < 0 ? stored + full : stored;
    const level = bitsStored < 8 ? (unsigned * 255) / (full - 1) : (unsigned / full) * 256;
    levels[index] = Math.min(255, Math.floor(level));
  }
  return levels;
}

const clamped = (level: number) => (level < 0 ? 0 : level > 255 ? 255 : level);

/** Luminance and colour differences as red, green and blue (PS3.3 C.7.6.3.1.2), with rounding as `tone.rs` does. */
export function fromYbr(levels: Uint8Array, isPartial: boolean): Uint8Array {
  const colours = new Uint8Array(levels.length);
  for (let at = 0; at + 2 < levels.length; at += 3) {
    let [y, blue, red] = [levels[at] ?? 0, levels[at + 1] ?? 0, levels[at + 2] ?? 0];
    if (isPartial) {
      // The range of video: 16 to 235, and 16 to 240.
      y = clamped(Math.round(((y - 16) * 255) / 219));
      blue = clamped(Math.round(128 + ((blue - 128) * 255) / 224));
      red = clamped(Math.round(128 + ((red - 128) * 255) / 224));
    }
    const [cb, cr] = [blue - 128, red - 128];
    colours[at] = clamped(Math.round(y + 1.402 * cr));
    colours[at + 1] = clamped(Math.round(y - 0.344136 * cb - 0.714136 * cr));
    colours[at + 2] = clamped(Math.round(y + 1.772 * cb));
  }
  return colours;
}

/** The colours of a palette (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6 and C.7.9.2). */
export function fromPalette(dataSet: DataSet, layout: Layout, samples: Samples): Uint8Array {
  const tables = [0, 1, 2].map((channel) => paletteTable(dataSet, channel, layout));
  // The three tables decide together how far they are moved down: one channel may be dark all over. Entries of 16 bits use
  // their upper byte, unless the writer filled only 8 to 12 bits, whatever the descriptor says.
  const largest = tables.reduce(
    (most, { values }) => values.reduce((one, other) => Math.max(one, other), most),
    0,
  );
  const bits = 32 - Math.clz32(largest);
  const shift = bits <= 12 ? Math.max(0, bits - 8) : 8;
  const levels = new Uint8Array(samples.length * 3);
  tables.forEach(({ first, values }, channel) => {
    const last = values.length - 1;
    for (let index = 0; index < samples.length; index++) {
      const entry = Math.min(last, Math.max(0, (samples[index] ?? 0) - first));
      levels[index * 3 + channel] = (values[entry] ?? 0) >> shift;
    }
  });
  return levels;
}

function paletteTable(
  dataSet: DataSet,
  channel: number,
  layout: Layout,
): { first: number; values: number[] } {
  const [entries, begin] = dataSet.numbers(TAG.paletteDescriptor + channel);
  if (entries === undefined || begin === undefined) throw new Error('no palette');
  const count = entryCount(entries);
  const plain = dataSet.entries(TAG.paletteData + channel, count);
  const values =
    plain.length > 0
      ? plain
      : expandSegments(dataSet.entries(TAG.paletteSegments + channel, Number.MAX_SAFE_INTEGER), count);
  if (values.length === 0) throw new Error('no palette');
  return { first: firstInput(begin, count, storedRange(layout)), values };
}

/** Expands segmented entries (PS3.3 C.7.9.2.2): discrete, linear and indirect segments. */
export function expandSegments(data: number[], most: number): number[] {
  const values: number[] = [];
  const word = (at: number) => {
    const found = data[at];
    if (found === undefined) throw new Error('segments of a palette');
    return found;
  };
  const segment = (at: number, mayBeIndirect: boolean): number => {
    if (values.length > most) return data.length;
    const [opcode, length] = [word(at), word(at + 1)];
    if (opcode === 0) {
      for (let index = 0; index < length; index++) values.push(word(at + 2 + index));
      return at + 2 + length;
    }
    if (opcode === 1) {
      const [from, to] = [values[values.length - 1], word(at + 2)];
      if (from === undefined) throw new Error('segments of a palette');
      for (let step = 1; step <= length; step++)
        values.push(from + Math.trunc(((to - from) * step) / length));
      return at + 3;
    }
    // Copies of earlier segments, whose byte offset takes two words; they may not be indirect themselves.
    if (opcode !== 2 || !mayBeIndirect) throw new Error('segments of a palette');
    let place = (word(at + 2) + word(at + 3) * 65_536) / 2;
    for (let index = 0; index < length; index++) place = segment(Math.floor(place), false);
    return at + 4;
  };
  for (let at = 0; at < data.length && values.length < most;) at = segment(at, true);
  return values.slice(0, most);
}
