import type { DataSet } from './elements';
import type { Layout } from './layout';
import type { GrayPicture, Values } from './picture';
import type { Samples } from './samples';
import { isSegmentation } from './segments';
import { TAG } from './tags';
import {
  inUnits,
  isTable,
  lookUp,
  tonesOf,
  windowOver,
  type Modality,
  type Range,
  type Table,
  type ToneWindow,
} from './tone';

type Gray = Omit<GrayPicture, 'spacing'>;

/** A gray frame: its values in units and the window that shows them, or the levels that a table makes of them. */
export function grayPicture(dataSet: DataSet, frame: number, layout: Layout, samples: Samples): Gray {
  const { modality, voi } = tonesOf(dataSet, frame, layout);
  const isPadding = paddingOf(dataSet, layout);
  const shown = {
    kind: 'gray' as const,
    columns: layout.columns,
    rows: layout.rows,
    inverted: layout.photometric === 'MONOCHROME1',
  };
  if (voi && isTable(voi)) {
    const values = leveled(samples, modality, voi);
    if (isPadding) blacken(values, samples, isPadding, shown.inverted ? voi.max : 0);
    return { ...shown, values, window: windowOver([0, voi.max]), inUnits: false };
  }
  const window = voi ?? rangeIn(modality, contrastFor(dataSet, layout, samples, isPadding));
  const [darkest, brightest] = endsOf(window);
  const black = isPadding && (shown.inverted ? brightest : darkest);
  const values = measured(samples, modality, black);
  if (isPadding && black !== null) blacken(values, samples, isPadding, black);
  return { ...shown, values, window, inUnits: !isTable(modality) };
}

/** Values that are black and white under a window, and under most others. */
function endsOf({ center, width }: ToneWindow): Range {
  return [Math.floor(center - width * 8), Math.ceil(center + width * 8)];
}

function leveled(samples: Samples, modality: Modality, table: Table): Uint16Array {
  const values = new Uint16Array(samples.length);
  for (let index = 0; index < values.length; index++) {
    values[index] = lookUp(table, inUnits(modality, samples[index] ?? 0));
  }
  return values;
}

const [INT16, UINT16]: [Range, Range] = [
  [-32_768, 32_767],
  [0, 65_535],
];
const within = ([low, high]: Range, [least, most]: Range) => low >= least && high <= most;

/** The samples in units. `extra` is one more value that has to fit. */
function measured(samples: Samples, modality: Modality, extra: number | null): Values {
  const identity = !isTable(modality) && modality.slope === 1 && modality.intercept === 0;
  if (
    identity &&
    extra === null &&
    (samples instanceof Uint8Array || samples instanceof Int16Array || samples instanceof Uint16Array)
  ) {
    return samples;
  }
  const whole =
    samples instanceof Float64Array
      ? false
      : isTable(modality) || (Number.isInteger(modality.slope) && Number.isInteger(modality.intercept));
  let [low, high] = [extra ?? Infinity, extra ?? -Infinity];
  const values = new Float32Array(samples.length);
  for (let index = 0; index < values.length; index++) {
    const value = inUnits(modality, samples[index] ?? 0);
    values[index] = Number.isFinite(value) ? value : 0;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!whole || low > high) return values;
  if (within([low, high], INT16)) return Int16Array.from(values);
  return within([low, high], UINT16) ? Uint16Array.from(values) : values;
}

function blacken(values: Values, samples: Samples, isPadding: IsPadding, black: number): void {
  for (let index = 0; index < values.length; index++) {
    if (isPadding(samples[index] ?? NaN)) values[index] = black;
  }
}

function rangeIn(modality: Modality, [low, high]: Range): ToneWindow {
  const [one, other] = [inUnits(modality, low), inUnits(modality, high)];
  return windowOver([Math.min(one, other), Math.max(one, other)]);
}

type IsPadding = (stored: number) => boolean;

/** Stored values outside the picture proper (PS3.3 C.7.5.1.1.2): painted black, not counted for contrast. */
function paddingOf(dataSet: DataSet, layout: Layout): IsPadding | null {
  const value = (tag: number) => {
    const number = dataSet.number(tag);
    const wraps = number !== null && layout.signed && number > 32_767 && layout.bitsAllocated === 16;
    return wraps ? number - 65_536 : number;
  };
  const first = value(TAG.pixelPaddingValue);
  if (first === null) return null;
  const limit = value(TAG.pixelPaddingLimit) ?? first;
  const [low, high] = [Math.min(first, limit), Math.max(first, limit)];
  return (stored) => low <= stored && stored <= high;
}

/** Without a window: all of an 8-bit image, of others what all but a few outliers use. */
function contrastFor(dataSet: DataSet, layout: Layout, samples: Samples, isPadding: IsPadding | null): Range {
  if (isSegmentation(dataSet)) {
    let largest = 1;
    for (const value of samples) largest = Math.max(largest, value);
    return [0, largest];
  }
  if (layout.bitsAllocated <= 8 && !layout.signed) return [0, 2 ** layout.bitsStored - 1];
  return contrastOf(samples, isPadding);
}

/** Values looked at to find the contrast, and the share of them at each end that may be outliers: as the server does. */
const SAMPLED = 250_000;
const OUTLIERS = 0.005;

/** From where to where the values of a picture without a window go; padding does not count, unless there is nothing else. */
export function contrastOf(values: ArrayLike<number>, isPadding: IsPadding | null): Range {
  const stride = Math.max(1, Math.ceil(values.length / SAMPLED));
  const sample = new Float64Array(Math.ceil(values.length / stride));
  let counted = 0;
  for (let index = 0; index < values.length; index += stride) {
    const value = values[index] ?? NaN;
    if (Number.isFinite(value) && !isPadding?.(value)) sample[counted++] = value;
  }
  if (counted === 0 && isPadding) return contrastOf(values, null);
  const sorted = sample.subarray(0, counted).sort();
  const last = counted - 1;
  if (last < 0) return [0, 0];
  const low = sorted[Math.floor(last * OUTLIERS)] ?? 0;
  const high = sorted[Math.ceil(last * (1 - OUTLIERS))] ?? 0;
  return low < high ? [low, high] : [sorted[0] ?? 0, sorted[last] ?? 0];
}
