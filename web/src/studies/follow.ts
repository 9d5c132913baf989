import type { Place } from '../viewer/dicom/geometry';

/** The slices of a stack, as far as they are known: a file says where it lies only once it is loaded. */
export interface Slices {
  count: number;
  placeAt: (index: number) => Place | null;
}

/** Slices that were looked at side by side: from here on, both stacks move by the same distance. */
export interface Anchor {
  own: number;
  other: number;
}

/** Normals that are apart by more than some 8 degrees belong to other planes. */
const PARALLEL = 0.99;

/**
 * Which slice of the other stack stands beside a slice of this one. Distances are in millimetres, because two series
 * rarely have the same spacing; in one frame of reference it is the same place of the patient. Where that is not known,
 * both stacks move by as many slices.
 */
export function besideOf(own: Slices, at: number, other: Slices, anchor: Anchor): number {
  const [here, from, beside] = [own.placeAt(at), own.placeAt(anchor.own), other.placeAt(anchor.other)];
  const within = (index: number) => Math.max(0, Math.min(other.count - 1, Math.round(index)));
  const byCount = within(anchor.other + at - anchor.own);
  if (!here || !from || !beside) return byCount;
  const cosine = dot(here.normal, beside.normal);
  if (Math.abs(cosine) < PARALLEL) return byCount;
  const turned = Math.sign(cosine);
  const target = isSameSpace(here, beside)
    ? here.along * turned
    : beside.along + (here.along - from.along) * turned;
  const step = stepAt(other, anchor.other);
  if (step === null) return byCount;
  return nearest(other, target, within(anchor.other + (target - beside.along) / step));
}

/** Whether a place of one slice is the same place of the patient in the other. */
export const isSameSpace = (one: Place, other: Place) =>
  one.frameOfReference !== '' && one.frameOfReference === other.frameOfReference;

/** Millimetres from slice to slice, near to one of them; null while no other one is known. */
function stepAt(slices: Slices, index: number): number | null {
  const place = slices.placeAt(index);
  for (let apart = 1; place && apart < slices.count; apart++) {
    for (const by of [apart, -apart]) {
      const other = slices.placeAt(index + by);
      const step = other ? (other.along - place.along) / by : 0;
      if (step !== 0) return step;
    }
  }
  return null;
}

/** Spacing is not always even: of the slices around the expected one, the one that lies nearest. */
function nearest(slices: Slices, target: number, expected: number): number {
  const apart = (index: number) => {
    const place = slices.placeAt(index);
    return place ? Math.abs(place.along - target) : Infinity;
  };
  const around = [0, -1, 1, -2, 2].map((by) => expected + by);
  const best = around.reduce((one, index) => (apart(index) < apart(one) - 1e-6 ? index : one));
  return Number.isFinite(apart(expected)) ? best : expected;
}

const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, size, axis) => sum + size * (other[axis] ?? 0), 0);
