import {
  cache,
  Enums,
  getConfiguration,
  imageLoader,
  init as initCore,
  metaData,
  type Types,
} from '@cornerstonejs/core';
import dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import { metaData as metadata } from '@cornerstonejs/metadata';
import { contrastOf, firstWindow, isPalette, possibleFrames, sanePlane, windowOver } from './sane';

const { MetadataModules } = Enums;
/** Before every provider of the library, so that nothing of it sees what has not been looked at. */
const OUTERMOST = { priority: 1_000_000 };
const SCHEME = 'dicomfile';

type Loader = Parameters<typeof imageLoader.registerImageLoader>[1];
type Header = Record<string, unknown>;
type Picture = Types.IImage & {
  data?: Header;
  imageFrame?: { bitsStored?: number; pixelRepresentation?: number };
};

/** Starts the library with one WebGL context, and puts {@link sane} between the files and it. */
export async function startLoader(): Promise<void> {
  // Only one picture is shown at a time. Browsers give a page sixteen contexts and take away the oldest.
  const usual = getConfiguration();
  await initCore({ ...usual, rendering: { ...usual.rendering, webGlContextCount: 1 } });
  // Two decoders: more would fight the page itself for the processor.
  dicomImageLoader.init({ maxWebWorkers: 2 });
  metadata.addTypedProvider(
    MetadataModules.IMAGE_PLANE,
    (next, query, data, options) => sanePlane(next(query, data, options) ?? {}),
    OUTERMOST,
  );
  metadata.addTypedProvider(
    MetadataModules.IMAGE_PIXEL,
    (next, query, data, options) => checkedPixels(next(query, data, options) as Header | undefined),
    OUTERMOST,
  );
  const load = dicomImageLoader.wadouri.loadImageFromNaturalizedMetadata as Loader;
  imageLoader.registerImageLoader(SCHEME, (imageId, options) => {
    const loading = load(imageId, options);
    return { ...loading, promise: loading.promise.then((image) => withWindow(image as Picture)) };
  });
}

/** The library forgets to fail when a palette is not whole, and would never answer. */
function checkedPixels(pixels: Header | undefined): Header | undefined {
  if (pixels?.['photometricInterpretation'] !== 'PALETTE COLOR') return pixels;
  for (const colour of ['red', 'green', 'blue']) {
    const table = `${colour}PaletteColorLookupTable`;
    if (!isPalette(pixels[`${table}Descriptor`], pixels[`${table}Data`])) throw new Error('palette');
  }
  return pixels;
}

/** The picture with a window that shows it: the file's own, else the one the server takes. */
function withWindow(image: Picture): Picture {
  if (image.color) return image;
  const voi = (metaData.get(MetadataModules.VOI_LUT, image.imageId) ?? {}) as Header;
  const shape = image.voiLUTFunction;
  const window = firstWindow(voi['windowWidth'], voi['windowCenter'], shape) ?? windowOver(extent(image));
  image.windowWidth = window.width;
  image.windowCenter = window.center;
  if (window.exact) image.voiLUTFunction = Enums.VOILUTFunctionType.LINEAR_EXACT;
  return image;
}

/** From where to where the values of a picture without a window go: unsigned bytes as they are, else by what there is. */
function extent(image: Picture): [number, number] {
  const values = image.getPixelData();
  const { slope = 1, intercept = 0 } = image;
  const scaled = (stored: number) => stored * slope + intercept;
  const { bitsStored = 16, pixelRepresentation = 0 } = image.imageFrame ?? {};
  if (bitsStored <= 8 && pixelRepresentation === 0) {
    const [one, other] = [scaled(0), scaled(2 ** bitsStored - 1)];
    return [Math.min(one, other), Math.max(one, other)];
  }
  const padding = image.data?.['PixelPaddingValue'];
  return contrastOf(values, typeof padding === 'number' ? scaled(padding) : null);
}

/** Number of Frames (0028,0008), as far as it can be true. */
export function framesOf(image: unknown, fileBytes: number): number {
  const { data, rows, columns } = image as Picture;
  const { BitsAllocated = 0, SamplesPerPixel = 1, NumberOfFrames } = data ?? {};
  const bits = rows * columns * Number(BitsAllocated) * Number(SamplesPerPixel);
  const syntax = (metaData.get(MetadataModules.TRANSFER_SYNTAX, (image as Picture).imageId) ?? {}) as Header;
  return possibleFrames(
    NumberOfFrames,
    fileBytes,
    isNative(syntax['transferSyntaxUID']) ? Math.floor(bits / 8) : 0,
  );
}

/** Implicit, explicit and big-endian pixels are stored as they are (PS3.5 A.1 to A.3); deflated files are smaller. */
function isNative(transferSyntax: unknown): boolean {
  return typeof transferSyntax === 'string' && /^1\.2\.840\.10008\.1\.2(\.[12])?$/.test(transferSyntax);
}

/** Leaves nothing of a file behind. */
export function forgetFile(file: string, imageIds: string[]): void {
  for (const imageId of imageIds) {
    if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
  }
  // The parsed file, with its pixels.
  for (const query of [file, ...imageIds]) metadata.clearQuery(MetadataModules.NATURALIZED, query);
  dicomImageLoader.wadouri.fileManager.remove(Number(file.split(':')[1]));
}
