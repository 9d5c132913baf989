import type { DataSet } from './elements';
import { TAG } from './tags';

/** What the samples of a pixel mean (Photometric Interpretation, PS3.3 C.7.6.3.1.2). */
export type Photometric = 'MONOCHROME1' | 'MONOCHROME2' | 'PALETTE' | 'RGB' | 'YBR' | 'YBR_PARTIAL';

/** How many pixels share a pair of colour differences in a native frame: each has its own, two, or two by two. */
export type Sampling = 'every' | 'pairs' | 'blocks';

/** How the pixels of an image are laid out (image pixel module, PS3.3 C.7.6.3). */
export interface Layout {
  rows: number;
  columns: number;
  /** 1 or 3. */
  samples: number;
  photometric: Photometric;
  /** What JPEG 2000 made of colours before it compressed them, by the header. */
  transformed: boolean;
  sampling: Sampling;
  planar: boolean;
  bitsAllocated: number;
  bitsStored: number;
  /** Bits of a native sample below the stored ones (PS3.5 8.1.1 before 2008). */
  unusedLowBits: number;
  signed: boolean;
  float: boolean;
  /** As announced, at least 1. */
  frames: number;
}

/** No picture of more pixels is decoded; the server has the same limit. */
const MOST_PIXELS = 100_000_000;

export function layoutOf(dataSet: DataSet, pixelTag: number): Layout {
  const [rows, columns] = [dataSet.unsigned(TAG.rows) ?? 0, dataSet.unsigned(TAG.columns) ?? 0];
  const samples = Math.max(1, dataSet.unsigned(TAG.samplesPerPixel) ?? 1);
  const term = dataSet.text(TAG.photometricInterpretation).toUpperCase().replaceAll(' ', '_');
  const photometric = photometricOf(term, samples);
  const float = pixelTag !== TAG.pixelData;
  const floatBits = pixelTag === TAG.doublePixelData ? 64 : 32;
  const bitsAllocated = float ? floatBits : (dataSet.unsigned(TAG.bitsAllocated) ?? 8);
  if (rows * columns === 0 || rows * columns > MOST_PIXELS) throw new Error('size of the picture');
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw new Error('bits of the pixels');
  if (samples !== (isGray(photometric) ? 1 : 3)) throw new Error('samples of a pixel');
  const stored = dataSet.unsigned(TAG.bitsStored) ?? bitsAllocated;
  const bitsStored = stored >= 1 && stored <= bitsAllocated ? stored : bitsAllocated;
  const high = dataSet.unsigned(TAG.highBit);
  return {
    rows,
    columns,
    samples,
    photometric,
    transformed: term === 'YBR_ICT' || term === 'YBR_RCT',
    sampling: term.endsWith('_422') ? 'pairs' : term.endsWith('_420') ? 'blocks' : 'every',
    planar: samples === 3 && dataSet.unsigned(TAG.planarConfiguration) === 1,
    bitsAllocated,
    bitsStored,
    unusedLowBits: high === null || float || high >= bitsAllocated ? 0 : Math.max(0, high + 1 - bitsStored),
    signed: dataSet.unsigned(TAG.pixelRepresentation) === 1,
    float,
    frames: Math.max(1, dataSet.unsigned(TAG.numberOfFrames) ?? 1),
  };
}

export const isGray = (photometric: Photometric) =>
  photometric === 'MONOCHROME1' || photometric === 'MONOCHROME2' || photometric === 'PALETTE';

function photometricOf(term: string, samples: number): Photometric {
  // Three samples are no gray level, whatever the header calls them.
  if (/^MONOCHROME[12]$/.test(term) && samples === 3) return 'RGB';
  if (term === 'MONOCHROME1') return term;
  if (term === 'PALETTE_COLOR') return 'PALETTE';
  if (/^(RGB|YBR_ICT|YBR_RCT|XYB)$/.test(term)) return 'RGB';
  if (/^YBR_FULL(_422)?$/.test(term)) return 'YBR';
  if (/^YBR_PARTIAL_42[02]$/.test(term)) return 'YBR_PARTIAL';
  if (samples === 1) return 'MONOCHROME2';
  if (term === '' && samples === 3) return 'RGB';
  throw new Error(`photometric interpretation ${term}`);
}

/** Bits of one native frame. Single bits are packed without padding between frames (PS3.5 8.1.1). */
export function frameBits({ rows, columns, samples, sampling, bitsAllocated }: Layout): number {
  const pixels = rows * columns;
  const halves = Math.ceil(columns / 2) * Math.ceil(rows / 2);
  const count = {
    every: pixels * samples,
    pairs: Math.ceil(pixels / 2) * 4,
    blocks: pixels + 2 * halves,
  };
  return count[sampling] * bitsAllocated;
}

/**
 * The layout with the sampling that the length of the pixels allows. Writers expand colour differences and leave the old
 * name in the header, or the other way round. The declared sampling is kept where it fits.
 */
export function sampledFor(layout: Layout, length: number): Layout {
  if (layout.photometric !== 'YBR' && layout.photometric !== 'YBR_PARTIAL') return layout;
  const samplings: Sampling[] = [layout.sampling, 'every', 'pairs', 'blocks'];
  const candidates = samplings.map((sampling) => ({ ...layout, sampling }));
  const frame = (one: Layout) => Math.max(1, Math.floor(frameBits(one) / 8));
  const exact = (one: Layout) => [0, 1].includes(length - frame(one) * layout.frames);
  const some = (one: Layout) => length > 0 && length % frame(one) === 0;
  return candidates.find(exact) ?? candidates.find(some) ?? layout;
}
