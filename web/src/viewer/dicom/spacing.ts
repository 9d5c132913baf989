import type { DataSet } from './elements';
import { TAG } from './tags';
import { groupsOf } from './tone';

/** Millimetres between two pixels that a picture can have, from microscopes to whole-body scans with a margin. */
const [FINEST, COARSEST] = [1e-6, 1e3];
/** A pixel that is longer than this many times its width is a mistake; the picture would be a line. */
const LONGEST = 10;

/**
 * How high a pixel is, and how wide: by the spacing of the frame, of all frames, at the patient or at the detector, else by
 * the Pixel Aspect Ratio, which is there if no spacing is (PS3.3 C.7.6.3.1.7, 10.7.1.3). The server decides the same way.
 */
export function spacingOf(dataSet: DataSet, frame: number): [number, number] {
  const [patient, detector] = spacingElements(dataSet, frame);
  const all = [...patient, ...detector, dataSet.numbers(TAG.pixelAspectRatio)];
  const [height = 1, width = 1] = all.find(([down = 0, across = 0]) => down > 0 && across > 0) ?? [];
  const ratio = height / width;
  if (!(ratio <= LONGEST && ratio >= 1 / LONGEST)) return [1, 1];
  return isLength([height, width]) ? [height, width] : [ratio, 1];
}

/** The spacings that a frame may have: in the patient, and at the detector. */
export function spacingElements(
  dataSet: DataSet,
  frame: number,
): [patient: number[][], detector: number[][]] {
  const groups = groupsOf(dataSet, frame, TAG.pixelMeasuresSequence);
  const detector = [TAG.imagerPixelSpacing, TAG.nominalScannedPixelSpacing];
  return [
    groups.map((group) => group.numbers(TAG.pixelSpacing)),
    detector.map((tag) => dataSet.numbers(tag)),
  ];
}

/** Whether these are millimetres that a picture can have. */
export const isLength = ([height = 0, width = 0]: number[]) =>
  [height, width].every((length) => length >= FINEST && length <= COARSEST);
