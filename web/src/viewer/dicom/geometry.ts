import type { DataSet } from './elements';
import { isLength, spacingElements } from './spacing';
import { TAG } from './tags';
import { groupsOf } from './tone';

/** Where a frame lies in the patient (PS3.3 C.7.6.2.1.1): the direction of its rows and of its columns, as unit vectors. */
export interface Orientation {
  row: Vector;
  column: Vector;
}
export type Vector = [number, number, number];

/** What a distance of a picture means: in the patient, at the detector, or nothing but pixels. */
export type Scale = 'patient' | 'detector' | 'pixels';

/** How far along its own normal a slice lies (PS3.3 C.7.6.2.1.1), in millimetres. */
export interface Place {
  normal: Vector;
  along: number;
  /** Places of the same frame of reference can be compared (PS3.3 C.7.4.1); empty where a file has none. */
  frameOfReference: string;
}

export interface Geometry {
  orientation: Orientation | null;
  place: Place | null;
  scale: Scale;
}

export function geometryOf(dataSet: DataSet, frame: number): Geometry {
  const orientation = orientationOf(dataSet, frame);
  const place = orientation && placeOf(dataSet, frame, orientation);
  return { orientation, place, scale: scaleOf(dataSet, frame) };
}

function placeOf(dataSet: DataSet, frame: number, { row, column }: Orientation): Place | null {
  const [position] = groupsOf(dataSet, frame, TAG.planePositionSequence)
    .map((group) => group.numbers(TAG.imagePosition))
    .filter((numbers) => numbers.length === 3 && numbers.every(Number.isFinite));
  if (!position) return null;
  const normal: Vector = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  const along = normal.reduce((sum, size, axis) => sum + size * (position[axis] ?? 0), 0);
  return { normal, along, frameOfReference: dataSet.text(TAG.frameOfReference) };
}

/** Cosines that are no unit vectors, or not at right angles, are a mistake: then no letters are better than wrong ones. */
const CROOKED = 0.01;

function orientationOf(dataSet: DataSet, frame: number): Orientation | null {
  const groups = groupsOf(dataSet, frame, TAG.planeOrientationSequence);
  const [cosines] = groups
    .map((group) => group.numbers(TAG.imageOrientation))
    .filter(({ length }) => length === 6);
  const [a = NaN, b = NaN, c = NaN, d = NaN, e = NaN, f = NaN] = cosines ?? [];
  const isUnit = (x: number, y: number, z: number) => Math.abs(Math.hypot(x, y, z) - 1) < CROOKED;
  const isSquare = Math.abs(a * d + b * e + c * f) < CROOKED;
  if (!isUnit(a, b, c) || !isUnit(d, e, f) || !isSquare) return null;
  return { row: [a, b, c], column: [d, e, f] };
}

/** A spacing at the detector is not corrected for the distance of the patient (PS3.3 10.7.1.1), and a ratio is no length. */
function scaleOf(dataSet: DataSet, frame: number): Scale {
  const [patient, detector] = spacingElements(dataSet, frame);
  if (patient.some(isLength)) return 'patient';
  return detector.some(isLength) ? 'detector' : 'pixels';
}
