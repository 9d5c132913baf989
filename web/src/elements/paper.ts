/** Paper of electrocardiographs: 25 mm for a second, 10 mm for a millivolt. */
export const PAPER = { second: 25, millivolt: 10 };

/** A curve on paper, in millimetres. */
export interface Trace {
  /** What an SVG path draws, from the left edge; upwards is less. */
  path: string;
  /** How far it goes up and down from 0 mV. */
  top: number;
  bottom: number;
}

/** Points that lie closer are one to the eye. */
const COLUMN = 0.1;
/** A curve that goes further has no scale that anybody uses; what is beyond is cut off. */
const FARTHEST = 100;

/** A curve of millivolts as it is drawn. In each column of paper its highest and its lowest value stay, so that no peak is lost. */
export function traceOf(curve: Float32Array, frequency: number): Trace {
  const step = PAPER.second / frequency;
  const each = Math.max(1, Math.floor(COLUMN / step));
  let [path, top, bottom, isDrawing] = ['', Infinity, -Infinity, false];
  const draw = (at: number) => {
    const y = Math.max(-FARTHEST, Math.min(FARTHEST, -(curve[at] ?? 0) * PAPER.millivolt));
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    path += `${isDrawing ? 'L' : 'M'}${round(at * step)} ${round(y)}`;
    isDrawing = true;
  };
  for (let first = 0; first < curve.length; first += each) {
    const [low, high] = extremesOf(curve, first, Math.min(curve.length, first + each));
    if (low === null || high === null) {
      isDrawing = false;
      continue;
    }
    for (const at of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) draw(at);
  }
  return { path, top: Math.min(top, bottom), bottom: Math.max(top, bottom) };
}

/** Where the least and the most of a column are; null where there is a gap. */
function extremesOf(curve: Float32Array, from: number, to: number): [number | null, number | null] {
  let [low, high]: [number | null, number | null] = [null, null];
  for (let at = from; at < to; at++) {
    const value = curve[at] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (low === null || value < (curve[low] ?? 0)) low = at;
    if (high === null || value > (curve[high] ?? 0)) high = at;
  }
  return [low, high];
}

const round = (millimetres: number) => Math.round(millimetres * 1000) / 1000;

/** Where the traces stand below one another: each has the room it needs, and a little more. */
export function rowsOf(traces: readonly Trace[]): { zeros: number[]; height: number } {
  const GAP = 5;
  const LEAST = 10;
  let y = GAP;
  const zeros = traces.map(({ top, bottom }) => {
    const isEmpty = !Number.isFinite(top) || !Number.isFinite(bottom);
    const [up, down] = isEmpty ? [0, 0] : [top, bottom];
    const spare = Math.max(0, LEAST - (down - up)) / 2;
    // Zero stands on a line of the paper.
    const zero = Math.ceil(y + spare - up);
    y = zero + down + spare + GAP;
    return zero;
  });
  return { zeros, height: Math.ceil(y) };
}
