import type { DataSet } from './elements';
import type { GrayPicture } from './picture';
import { TAG } from './tags';
import { levelOf, windowOver } from './tone';

/**
 * Overlays that carry the picture (PS3.3 C.9.2). Marks on a picture are left out; where the pixels are all the same, as on
 * the dose pages of scanners, the overlays are all there is to see.
 */

/** Share of the pixels that may differ on a page that is empty but for its overlay. */
const MARKS = 200;
/** What lies between the groups of two overlays, and how many there can be (PS3.5 7.6). */
const [STEP, MOST] = [0x2_0000, 16];

/** The picture with its overlays, if they are the picture. */
export function withOverlays(dataSet: DataSet, frame: number, picture: GrayPicture): GrayPicture {
  const groups = Array.from({ length: MOST }, (_, index) => index * STEP);
  const drawn = groups.filter((group) => dataSet.bytes(TAG.overlayData + group).length > 0);
  if (drawn.length === 0) return picture;
  const levels = levelsOf(picture);
  const ground = groundOf(levels);
  if (ground === null) return picture;
  for (const group of drawn) draw(dataSet, group, frame, levels, picture, ground < 128 ? 255 : 0);
  return { ...picture, values: levels, window: windowOver([0, 255]), inverted: false, inUnits: false };
}

function levelsOf({ values, window, inverted }: GrayPicture): Uint8Array {
  return Uint8Array.from(values, (value) => {
    const level = levelOf(window, value);
    return Math.floor((inverted ? 1 - level : level) * 255 + 0.5);
  });
}

/** The level that all pixels have, but for a few; null when there is none. */
function groundOf(levels: Uint8Array): number | null {
  const counts = new Uint32Array(256);
  for (const level of levels) counts[level] = (counts[level] ?? 0) + 1;
  const most = counts.reduce((best, count, level) => (count > (counts[best] ?? 0) ? level : best), 0);
  return (levels.length - (counts[most] ?? 0)) * MARKS <= levels.length ? most : null;
}

function draw(
  dataSet: DataSet,
  group: number,
  frame: number,
  levels: Uint8Array,
  { columns: width, rows: height }: GrayPicture,
  ink: number,
): void {
  const number = (tag: number) => dataSet.unsigned(tag + group);
  const [rows, columns] = [number(TAG.overlayRows) ?? 0, number(TAG.overlayColumns) ?? 0];
  const frames = Math.max(1, number(TAG.overlayFrames) ?? 1);
  const begin = number(TAG.overlayFrameOrigin);
  // Counted from 1; an overlay of one frame without it belongs to every frame.
  const index = begin === null && frames === 1 ? 0 : frame - Math.max(0, (begin ?? 1) - 1);
  if (index < 0 || index >= frames) return;
  const [top = 1, left = 1] = dataSet.numbers(TAG.overlayOrigin + group);
  const bits = dataSet.bytes(TAG.overlayData + group);
  const element = dataSet.get(TAG.overlayData + group);
  const swapped = element?.written.bigEndian && element.vr === 'OW' ? 1 : 0;
  for (let at = 0; at < rows * columns; at++) {
    const bit = index * rows * columns + at;
    if ((((bits[(bit >> 3) ^ swapped] ?? 0) >> (bit & 7)) & 1) === 0) continue;
    const [row, column] = [top - 1 + Math.floor(at / columns), left - 1 + (at % columns)];
    if (row >= 0 && row < height && column >= 0 && column < width) levels[row * width + column] = ink;
  }
}
