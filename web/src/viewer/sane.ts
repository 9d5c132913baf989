/** Makes what a file says of its pictures harmless, before the viewer computes with it. */

/** Where a picture lies in space (PS3.3 C.7.6.2). */
export interface Plane {
  rowPixelSpacing: number | null;
  columnPixelSpacing: number | null;
  pixelSpacing: number[];
  imageOrientationPatient: number[];
  rowCosines: number[];
  columnCosines: number[];
  imagePositionPatient: number[];
}

/** Millimetres between two pixels that a picture can have, from microscopes to whole-body scans with a margin. */
const [FINEST, COARSEST] = [1e-6, 1e3];
/** A pixel that is longer than this many times its width is a mistake; the picture would be a line. */
const LONGEST_PIXEL = 10;
/** Rows and columns are perpendicular vectors of length 1 (PS3.3 C.7.6.2.1.1), within what writers round. */
const SLANT = 0.01;

const AXES = { row: [1, 0, 0], column: [0, 1, 0] };

/** The plane without what would make the picture infinitely small, infinitely far away or a line. */
export function sanePlane<P extends Partial<Plane>>(plane: P): P {
  const sane = { ...plane };
  if (!areSpacings(plane.rowPixelSpacing, plane.columnPixelSpacing)) {
    Object.assign(sane, { rowPixelSpacing: 1, columnPixelSpacing: 1, pixelSpacing: [1, 1] });
  }
  if (!areAxes(plane.rowCosines, plane.columnCosines)) {
    const { row, column } = AXES;
    Object.assign(sane, {
      rowCosines: row,
      columnCosines: column,
      imageOrientationPatient: [...row, ...column],
    });
  }
  if (!isVector(plane.imagePositionPatient)) Object.assign(sane, { imagePositionPatient: [0, 0, 0] });
  return sane;
}

function areSpacings(row: unknown, column: unknown): boolean {
  const possible = (value: unknown): value is number =>
    typeof value === 'number' && value >= FINEST && value <= COARSEST;
  return possible(row) && possible(column) && row / column <= LONGEST_PIXEL && column / row <= LONGEST_PIXEL;
}

function isVector(value: unknown): value is [number, number, number] {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

function areAxes(row: unknown, column: unknown): boolean {
  if (!isVector(row) || !isVector(column)) return false;
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return [dot(row, row) - 1, dot(column, column) - 1, dot(row, column)].every(
    (error) => Math.abs(error) <= SLANT,
  );
}

/** A window as the viewer takes it (PS3.3 C.11.2.1.2 and C.11.2.1.3). */
export interface SaneWindow {
  width: number;
  center: number;
  exact: boolean;
}

/** The first window of a file; null when there is none that shows anything. The server takes the same one. */
export function firstWindow(widths: unknown, centers: unknown, shape: unknown): SaneWindow | null {
  const [width, center] = [firstNumber(widths), firstNumber(centers)];
  if (!(width > 0) || !Number.isFinite(width) || !Number.isFinite(center)) return null;
  // LINEAR is defined for a width of at least 1.
  return { width, center, exact: shape === 'LINEAR_EXACT' || width <= 1 };
}

/** Everything from one value to another. */
export function windowOver([low, high]: [number, number]): SaneWindow {
  return { width: Math.max(high - low, Number.EPSILON), center: (low + high) / 2, exact: true };
}

function firstNumber(value: unknown): number {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first.trim() === '' ? NaN : Number(first);
  return typeof first === 'number' ? first : NaN;
}

/** Values looked at to find the contrast, and the share of them at each end that may be outliers: as the server does. */
const SAMPLED = 250_000;
const OUTLIERS = 0.005;

/** From where to where the values of a picture without a window go; padding does not count. */
export function contrastOf(values: ArrayLike<number>, padding: number | null): [number, number] {
  const stride = Math.max(1, Math.ceil(values.length / SAMPLED));
  const sample = new Float64Array(Math.ceil(values.length / stride));
  let counted = 0;
  for (let index = 0; index < values.length; index += stride) {
    const value = values[index] ?? NaN;
    if (Number.isFinite(value) && value !== padding) sample[counted++] = value;
  }
  const sorted = sample.subarray(0, counted).sort();
  const last = counted - 1;
  if (last < 0) return [0, 0];
  const low = sorted[Math.floor(last * OUTLIERS)] ?? 0;
  const high = sorted[Math.ceil(last * (1 - OUTLIERS))] ?? 0;
  return low < high ? [low, high] : [sorted[0] ?? 0, sorted[last] ?? 0];
}

/** Frames a file can have at most: each takes some of its bytes. `frameBytes` is 0 where frames are compressed. */
export function possibleFrames(claimed: unknown, fileBytes: number, frameBytes: number): number {
  const frames = Math.trunc(firstNumber(claimed));
  // A compressed frame has at least the header of its item and one word (PS3.5 A.4).
  const most = Math.floor(fileBytes / Math.max(frameBytes, 10));
  return frames > 1 ? Math.max(1, Math.min(frames, most)) : 1;
}

/** A palette that has what it announces (PS3.3 C.7.6.3.1.5): otherwise no colour of it can be trusted. */
export function isPalette(descriptor: unknown, data: unknown): boolean {
  if (!isNumbers(descriptor) || descriptor.length < 3) return false;
  const [claimed = 0, , bits] = descriptor;
  const entries = claimed === 0 ? 65_536 : claimed & 0xffff;
  return (bits === 8 || bits === 16) && lengthOf(data) >= entries;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number');
}

/** Entries or bytes, whichever way the viewer's parser hands the table over. */
function lengthOf(data: unknown): number {
  if (data instanceof ArrayBuffer) return data.byteLength;
  if (ArrayBuffer.isView(data)) return data.byteLength;
  if (!Array.isArray(data)) return 0;
  const [first] = data as unknown[];
  return data.length === 1 && typeof first === 'object' ? lengthOf(first) : data.length;
}
