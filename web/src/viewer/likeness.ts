/** Whether two pictures are the same one: what the viewer drew, and the server's preview. */

/** Mean colours of the cells a picture is divided into, row by row: red, green, blue. */
export interface Mosaic {
  columns: number;
  rows: number;
  colours: Float32Array;
}

/** A part of a picture, in its pixels. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Cells a side: few enough to be quick, enough to see what is where. */
const CELLS = 48;
/** Pixels of the preview a side of a cell, at least: JPEG blurs the colours of neighbours. */
const CELL_PIXELS = 2;

/** The number of cells along a side of a preview. */
export const cellsAlong = (pixels: number) => Math.max(1, Math.min(CELLS, Math.floor(pixels / CELL_PIXELS)));

interface Pixels {
  width: number;
  height: number;
  data: ArrayLike<number>;
}

/** Averages the part of a picture under each cell. Half a pixel at a border counts as half. */
export function mosaicOf(pixels: Pixels, part: Rectangle, columns: number, rows: number): Mosaic {
  const colours = new Float32Array(columns * rows * 3);
  for (let row = 0; row < rows; row++) {
    const down = spans(part.y + (row * part.height) / rows, part.height / rows, pixels.height);
    for (let column = 0; column < columns; column++) {
      const across = spans(part.x + (column * part.width) / columns, part.width / columns, pixels.width);
      colours.set(colourOf(pixels, across, down), (row * columns + column) * 3);
    }
  }
  return { columns, rows, colours };
}

type Span = { at: number; weight: number }[];

/** The pixels of a line that a stretch covers, each with how much of it. */
function spans(start: number, length: number, limit: number): Span {
  const found: Span = [];
  for (let at = Math.max(0, Math.floor(start)); at < Math.min(limit, Math.ceil(start + length)); at++) {
    const weight = Math.min(at + 1, start + length) - Math.max(at, start);
    if (weight > 0) found.push({ at, weight });
  }
  return found;
}

function colourOf({ width, data }: Pixels, across: Span, down: Span): [number, number, number] {
  let [red, green, blue, total] = [0, 0, 0, 0];
  for (const { at: y, weight: high } of down) {
    for (const { at: x, weight: wide } of across) {
      const [place, weight] = [(y * width + x) * 4, high * wide];
      red += (data[place] ?? 0) * weight;
      green += (data[place + 1] ?? 0) * weight;
      blue += (data[place + 2] ?? 0) * weight;
      total += weight;
    }
  }
  return total === 0 ? [0, 0, 0] : [red / total, green / total, blue / total];
}

/** How far two pictures are from each other, in levels of 255. */
export interface Difference {
  /** Over all cells. */
  mean: number;
  /** What the worst twentieth of the cells differs by at least: a small part that is wrong. */
  worst: number;
  /**
   * The squares of the differences, as a share of those of the second picture from one even colour: a black picture is
   * not far from a black one with a small mark, but it lacks all that is to be seen. 0 where there is nothing to be seen.
   */
  lost: number;
}

/** A picture that differs less from one even colour, squared, is that colour and noise. */
const EVEN = 0.5;

export function differenceOf(one: Mosaic, other: Mosaic): Difference {
  const apart = distances(one, (place) => other.colours[place] ?? 0);
  const colour = evenColour(other);
  const seen = meanOf(
    distances(other, (place) => colour[place % 3] ?? 0),
    square,
  );
  return {
    mean: meanOf(apart, (value) => value),
    lost: seen < EVEN ? 0 : meanOf(apart, square) / seen,
    worst: apart.sort()[Math.floor((apart.length - 1) * 0.95)] ?? 0,
  };
}

/** How far each cell is from another colour, by the colour channel that differs most. */
function distances({ columns, rows, colours }: Mosaic, from: (place: number) => number): Float32Array {
  return Float32Array.from({ length: columns * rows }, (_, cell) =>
    Math.max(
      ...[0, 1, 2].map((channel) => Math.abs((colours[cell * 3 + channel] ?? 0) - from(cell * 3 + channel))),
    ),
  );
}

function evenColour({ columns, rows, colours }: Mosaic): number[] {
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let place = channel; place < colours.length; place += 3) sum += colours[place] ?? 0;
    return sum / Math.max(1, columns * rows);
  });
}

const square = (value: number) => value * value;
const meanOf = (values: Float32Array, weigh: (value: number) => number) =>
  values.reduce((sum, value) => sum + weigh(value), 0) / Math.max(1, values.length);

/** Measured on pydicom's files, with room on both sides: see README.md. */
const DICOM: Difference = { mean: 6, worst: 24, lost: 0.15 };
/** Browsers heed the colour profiles of photos, the server does not: only a picture that is another one differs more. */
export const PHOTO: Difference = { mean: 24, worst: 80, lost: 0.5 };

export const isLike = ({ mean, worst, lost }: Difference, most = DICOM) =>
  mean <= most.mean && worst <= most.worst && lost <= most.lost;
