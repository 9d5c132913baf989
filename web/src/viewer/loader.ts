import {
  cache,
  Enums,
  getConfiguration,
  getWebWorkerManager,
  imageLoader,
  init as initCore,
  metaData,
  utilities,
  type Types,
} from '@cornerstonejs/core';
import { init as startDecoders } from '@cornerstonejs/dicom-image-loader';
import { Unreachable } from '../api/problem';
import type { Decoder } from './dicom/codestream';
import type { Geometry } from './dicom/geometry';
import { DicomFile } from './dicom/file';
import type { Picture } from './dicom/picture';
import type { ToneWindow } from './dicom/tone';

const { MetadataModules } = Enums;
/** Before every provider of the library: what a file says of its pictures is read here only. */
const OUTERMOST = 1_000_000;
const SCHEME = 'film';
/** Bytes of pictures that are kept at most: a thousand slices of a CT. */
export const mostKept = 512 * 1024 * 1024;

/** What the page has to know of a picture besides its pixels. */
export interface Facts {
  columns: number;
  rows: number;
  /** As the library names them. */
  photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  /** Null for colours. */
  window: ToneWindow | null;
  /** Whether its values are what the file measures; see {@link Picture}. */
  inUnits: boolean;
  spacing: [number, number];
  geometry: Geometry;
  /** It is a black picture in the place of one that cannot be shown. */
  isBroken: boolean;
}

/** The files that are open, by what their addresses begin with, and what is known of the frames that were loaded. */
const files = new Map<string, () => Promise<DicomFile>>();
const facts = new Map<string, Facts>();
const modalities = new Map<string, string>();
let opened = 0;

/** Starts the library with one WebGL context, and hands it finished pictures. */
export async function startLoader(): Promise<void> {
  // Only one picture is shown at a time. Browsers give a page sixteen contexts and take away the oldest.
  const usual = getConfiguration();
  await initCore({ ...usual, rendering: { ...usual.rendering, webGlContextCount: 1 } });
  // Two decoders: more would fight the page itself for the processor.
  startDecoders({ maxWebWorkers: 2 });
  // Of a series, what was looked at longest ago is loaded again.
  cache.setMaxCacheSize(mostKept);
  metaData.addProvider(described, OUTERMOST);
  imageLoader.registerImageLoader(SCHEME, (imageId) => ({ promise: load(imageId) }));
}

export interface OpenFile {
  /** The addresses of its frames. */
  imageIds: string[];
  /** The frame the server makes its preview of, counted from 0. */
  middle: number;
}

/** Reads the header of a file. */
export async function openFile(bytes: Blob): Promise<OpenFile> {
  const file = await DicomFile.open(new Uint8Array(await bytes.arrayBuffer()), decode);
  const name = `${SCHEME}:${++opened}`;
  files.set(name, () => Promise.resolve(file));
  const imageIds = Array.from({ length: file.count }, (_, frame) => `${name}?frame=${frame}`);
  return { imageIds, middle: file.middle };
}

/** Reads one file after the other when its picture is asked for. Of each, the frame that stands for it is shown. */
export function openSeries(
  sizes: readonly { columns: number; rows: number }[],
  first: number,
  bytesOf: (index: number) => Promise<Blob>,
): OpenFile {
  const imageIds = sizes.map((size, index) => {
    const name = `${SCHEME}:${++opened}`;
    files.set(name, async () =>
      DicomFile.open(new Uint8Array(await (await bytesOf(index)).arrayBuffer()), decode),
    );
    gaps.set(name, size);
    return `${name}?frame=${MIDDLE}`;
  });
  return { imageIds, middle: first };
}

/** How large files of a series are, for those that turn out to be no picture. */
const gaps = new Map<string, { columns: number; rows: number }>();

/** Loads a picture before it is asked for. */
export async function loadAhead(imageId: string): Promise<void> {
  await imageLoader.loadAndCacheImage(imageId);
}
/** Bytes of all pictures that are kept. */
export const keptBytes = () => cache.getCacheSize();
/** Bytes of a picture that is kept, 0 of one on its way, null of any other. */
export function sizeOf(imageId: string): number | null {
  return cache.getImageLoadObject(imageId) ? (cache.getImage(imageId)?.sizeInBytes ?? 0) : null;
}

/** In the place of a number: the frame of a file that the server makes its preview of. */
const MIDDLE = 'middle';

/** Leaves nothing of a file behind. */
export function forgetFile({ imageIds }: OpenFile): void {
  for (const imageId of imageIds) {
    modalities.delete(placeOf(imageId).name);
    if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
    facts.delete(imageId);
    files.delete(placeOf(imageId).name);
    gaps.delete(placeOf(imageId).name);
  }
}

/** Says what has been measured. */
export function setModality({ imageIds }: OpenFile, modality: string | null): void {
  if (modality !== null) for (const imageId of imageIds) modalities.set(placeOf(imageId).name, modality);
}

/** What is known of a frame that was loaded. */
export const factsOf = (imageId: string): Facts | undefined => facts.get(imageId);

function placeOf(imageId: string): { name: string; frame: string } {
  const [name = '', frame = ''] = imageId.split('?frame=');
  return { name, frame };
}

/** The codestreams of frames are decoded by the library's workers. */
const decode: Decoder = async (transferSyntax, bytes, { rows, columns, bitsAllocated }) => {
  const imageFrame = {
    rows,
    columns,
    bitsAllocated,
    bitsStored: bitsAllocated,
    samplesPerPixel: 1,
    // Values come as they are stored; signs are looked at afterwards.
    pixelRepresentation: 0,
    photometricInterpretation: 'MONOCHROME2',
  };
  const decoded = (await getWebWorkerManager().executeTask('dicomImageLoader', 'decodeTask', {
    imageFrame,
    transferSyntax,
    // A part of a file would be sent with all of it.
    pixelData: bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice(),
    options: { preScale: { enabled: false } },
    decodeConfig: {},
  })) as Record<string, unknown>;
  return {
    data: decoded['pixelData'] as ArrayLike<number>,
    rows: numberOf(decoded['rows']),
    columns: numberOf(decoded['columns']),
    components: numberOf(decoded['componentsPerPixel']),
    precision: numberOf(decoded['bitsPerPixel']),
    signed: decoded['signed'] === true,
    interleave: numberOf(decoded['interleaveMode']),
  };
};

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);

/** One file that cannot be shown does not end a series: there is a gap in its place. */
async function load(imageId: string): Promise<Types.IImage> {
  const gap = gaps.get(placeOf(imageId).name);
  if (!gap) return loadPicture(imageId);
  return loadPicture(imageId).catch((error: unknown) => {
    // Closed meanwhile. The library hands a rejection on to nobody, and whoever draws another picture would take it for their own.
    if (!gaps.has(placeOf(imageId).name)) return blackOf(imageId, gap);
    // What the network did is tried again with the next look at it.
    if (error instanceof Unreachable) throw error;
    console.error('viewer', error);
    return gapOf(imageId, gap);
  });
}

const GAP_WINDOW = { center: 128, width: 256, shape: 'LINEAR' } as const;

function gapOf(imageId: string, { columns, rows }: { columns: number; rows: number }): Types.IImage {
  facts.set(imageId, {
    ...{ columns, rows, spacing: [1, 1], window: GAP_WINDOW },
    geometry: { orientation: null, place: null, scale: 'pixels' },
    photometric: 'MONOCHROME2',
    inUnits: false,
    isBroken: true,
  });
  return blackOf(imageId, { columns, rows });
}

function blackOf(imageId: string, { columns, rows }: { columns: number; rows: number }): Types.IImage {
  return imageOf(imageId, {
    kind: 'gray',
    columns,
    rows,
    spacing: [1, 1],
    values: new Uint8Array(columns * rows),
    window: GAP_WINDOW,
    inverted: false,
    inUnits: false,
  });
}

async function loadPicture(imageId: string): Promise<Types.IImage> {
  const place = placeOf(imageId);
  const open = files.get(place.name);
  if (!open) throw new Error('closed');
  const file = await open();
  const frame = place.frame === MIDDLE ? file.middle : Number(place.frame);
  const picture = await file.picture(frame);
  const { columns, rows, spacing } = picture;
  facts.set(imageId, {
    columns,
    rows,
    photometric: picture.kind === 'colour' ? 'RGB' : picture.inverted ? 'MONOCHROME1' : 'MONOCHROME2',
    window: picture.kind === 'gray' ? picture.window : null,
    inUnits: picture.kind === 'gray' && picture.inUnits,
    spacing,
    geometry: file.geometry(frame),
    isBroken: false,
  });
  return imageOf(imageId, picture);
}

/** A picture as the library takes it. */
function imageOf(imageId: string, picture: Picture): Types.IImage {
  const { columns, rows, spacing } = picture;
  const color = picture.kind === 'colour';
  const values = picture.kind === 'colour' ? picture.levels : picture.values;
  const numberOfComponents = color ? 3 : 1;
  const { min, max } = extremes(values);
  const image = {
    imageId,
    dataType: values.constructor.name as Types.PixelDataTypedArrayString,
    color,
    rgba: false,
    numberOfComponents,
    columns,
    rows,
    width: columns,
    height: rows,
    rowPixelSpacing: spacing[0],
    columnPixelSpacing: spacing[1],
    slope: 1,
    intercept: 0,
    invert: picture.kind === 'gray' && picture.inverted,
    minPixelValue: min,
    maxPixelValue: max,
    sizeInBytes: values.byteLength,
    ...libraryWindow(picture),
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      scalarData: values,
      width: columns,
      height: rows,
      numberOfComponents,
    }),
    getPixelData: () => values,
    // Of drawing without WebGL, which this page does not do.
    getCanvas: () => document.createElement('canvas'),
  };
  return image as unknown as Types.IImage;
}

type LibraryWindow = Pick<Types.IImage, 'windowWidth' | 'windowCenter' | 'voiLUTFunction'>;

function libraryWindow(picture: Picture): LibraryWindow {
  const { LINEAR, LINEAR_EXACT, SAMPLED_SIGMOID } = Enums.VOILUTFunctionType;
  if (picture.kind === 'colour') return { windowWidth: 256, windowCenter: 128, voiLUTFunction: LINEAR };
  const { center, width, shape } = picture.window;
  if (shape === 'LINEAR' && width <= 1) {
    // Up to centre - 0.5 black, above white (PS3.3 C.11.2.1.2.1): a step the library has no name for.
    return { windowWidth: STEP, windowCenter: center - 0.5 + STEP / 2, voiLUTFunction: LINEAR_EXACT };
  }
  const functions = { LINEAR, LINEAR_EXACT, SIGMOID: SAMPLED_SIGMOID };
  return { windowWidth: width, windowCenter: center, voiLUTFunction: functions[shape] };
}

const STEP = 1e-3;

function extremes(values: ArrayLike<number>): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** What the library asks about a frame. */
function described(type: string, imageId: unknown): unknown {
  if (typeof imageId !== 'string' || !imageId.startsWith(`${SCHEME}:`)) return undefined;
  const { name } = placeOf(imageId);
  const known = facts.get(imageId);
  switch (type) {
    case MetadataModules.IMAGE_PLANE:
      return planeOf(name, known?.spacing ?? [1, 1], known);
    case MetadataModules.CALIBRATION:
    case 'calibratedPixelSpacing':
      return CALIBRATIONS[known?.geometry.scale ?? 'patient'];
    case MetadataModules.IMAGE_PIXEL:
      return {
        bitsAllocated: 8,
        bitsStored: 8,
        highBit: 7,
        pixelRepresentation: 0,
        samplesPerPixel: known?.photometric === 'RGB' ? 3 : 1,
        photometricInterpretation: known?.photometric ?? 'MONOCHROME2',
      };
    case MetadataModules.GENERAL_SERIES:
      // It decides in which unit values are written.
      return { modality: known?.inUnits && known.photometric !== 'RGB' ? (modalities.get(name) ?? '') : '' };
    default:
      return undefined;
  }
}

/** What stands behind a length: the tools write it beside the number. */
const CALIBRATIONS = {
  patient: undefined,
  detector: { type: Enums.CalibrationTypes.PROJECTION },
  pixels: { type: Enums.CalibrationTypes.UNCALIBRATED },
};

/** Where a picture lies: it is looked at from the front, whatever the file says. */
function planeOf(name: string, [down, across]: [number, number], known: Facts | undefined) {
  return {
    frameOfReferenceUID: name,
    rows: known?.rows,
    columns: known?.columns,
    rowPixelSpacing: down,
    columnPixelSpacing: across,
    pixelSpacing: [down, across],
    rowCosines: [1, 0, 0],
    columnCosines: [0, 1, 0],
    imageOrientationPatient: [1, 0, 0, 0, 1, 0],
    imagePositionPatient: [0, 0, 0],
  };
}
