import type { DataSet } from './elements';
import type { Layout } from './layout';
import type { Samples } from './samples';
import { TAG } from './tags';

/** Segmentations and label maps (PS3.3 C.8.20): few values, and a colour for each where the file names one. */

const CLASSES = ['1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7'];

export function isSegmentation(dataSet: DataSet): boolean {
  return dataSet.bytes(TAG.segmentationType).length > 0 || CLASSES.includes(dataSet.text(TAG.sopClass));
}

type Colour = [number, number, number];

/** The colours of a label map whose segments have Recommended Display CIELab Values; null when it has none. */
export function fromLabels(dataSet: DataSet, layout: Layout, samples: Samples): Uint8Array | null {
  const isMap = dataSet.text(TAG.segmentationType) === 'LABELMAP';
  if (!isMap || layout.signed || layout.samples !== 1 || layout.bitsStored > 16) return null;
  const colours = new Map<number, Colour>();
  for (const segment of dataSet.sequence(TAG.segmentSequence)) {
    const [lightness, a, b] = segment.numbers(TAG.recommendedDisplayCielab);
    const number = segment.unsigned(TAG.segmentNumber);
    if (number === null || lightness === undefined || a === undefined || b === undefined) continue;
    // The background is black, whatever colour an opaque overlay would give it.
    if (number > 0) colours.set(number, fromCielab(lightness, a, b));
  }
  if (colours.size === 0) return null;
  const levels = new Uint8Array(samples.length * 3);
  samples.forEach((label, index) => {
    const colour = colours.get(label);
    if (colour) levels.set(colour, index * 3);
  });
  return levels;
}

/** PCS values of 16 bits (PS3.3 C.10.7.1.1) under the light D50 as sRGB. */
export function fromCielab(stored: number, storedA: number, storedB: number): Colour {
  const lightness = ((stored / 65_535) * 100 + 16) / 116;
  const [a, b] = [storedA / 257 - 128, storedB / 257 - 128];
  const cube = (root: number) => (root > 6 / 29 ? root ** 3 : 3 * (6 / 29) ** 2 * (root - 4 / 29));
  const [x, y, z] = [0.9642 * cube(lightness + a / 500), cube(lightness), 0.8249 * cube(lightness - b / 200)];
  // From D50 to D65 by Bradford's matrix, and to the primaries of sRGB (IEC 61966-2-1), in one step.
  const linear = [
    3.1339 * x - 1.6169 * y - 0.4906 * z,
    -0.9788 * x + 1.9161 * y + 0.0335 * z,
    0.0719 * x - 0.229 * y + 1.4052 * z,
  ];
  return linear.map((value) => {
    const level = Math.min(1, Math.max(0, value));
    const encoded = level <= 0.0031308 ? 12.92 * level : 1.055 * level ** (1 / 2.4) - 0.055;
    return Math.floor(encoded * 255 + 0.5);
  }) as Colour;
}
