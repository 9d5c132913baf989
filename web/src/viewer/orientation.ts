import type { Orientation, Vector } from './dicom/geometry';

/** Where the first pixel, the next one of its row and the next one of its column are on the screen. */
export interface Axes {
  row: [number, number];
  column: [number, number];
}

/** What is towards the edges of the screen: left, right, front, back, head and foot of the patient. */
export interface Letters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

const [POSITIVE, NEGATIVE] = ['LPH', 'RAF'];
/** A direction that has less of an axis does not name it. */
const SMALLEST = 0.25;

/** The axes of the patient that a direction follows, the strongest first (PS3.3 C.7.6.1.1.1). */
export function lettersOf(direction: Vector): string {
  return direction
    .map((size, axis) => ({ size: Math.abs(size), letter: (size < 0 ? NEGATIVE : POSITIVE)[axis] ?? '' }))
    .filter(({ size }) => size >= SMALLEST)
    .sort((one, other) => other.size - one.size)
    .map(({ letter }) => letter)
    .join('');
}

/** The letters for the edges of the screen, however the picture is turned or mirrored. */
export function edgesOf({ row, column }: Orientation, axes: Axes): Letters {
  const towards = (x: number, y: number) => {
    const along = ([dx, dy]: [number, number]) => (dx * x + dy * y) / Math.max(1e-9, Math.hypot(dx, dy));
    const [a, b] = [along(axes.row), along(axes.column)];
    return lettersOf(row.map((size, axis) => size * a + (column[axis] ?? 0) * b) as Vector);
  };
  return { left: towards(-1, 0), right: towards(1, 0), top: towards(0, -1), bottom: towards(0, 1) };
}

/** A length that is easily read, and how long it is on the screen. */
export interface Bar {
  pixels: number;
  label: string;
}

/** A scale bar of at most so many pixels; null where pixels have no length. */
export function barOf(pixelsPerMillimetre: number, most: number): Bar | null {
  if (!(pixelsPerMillimetre > 0)) return null;
  const room = most / pixelsPerMillimetre;
  const power = 10 ** Math.floor(Math.log10(room));
  const length = power * ([5, 2, 1].find((step) => step * power <= room) ?? 1);
  const label =
    length >= 10
      ? `${length / 10} cm`
      : length >= 0.1
        ? `${Number(length.toPrecision(1))} mm`
        : `${Number((length * 1000).toPrecision(1))} µm`;
  return { pixels: length * pixelsPerMillimetre, label };
}
