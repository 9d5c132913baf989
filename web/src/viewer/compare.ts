import { cellsAlong, differenceOf, mosaicOf, type Difference, type Mosaic, type Rectangle } from './likeness';

type Drawn = HTMLCanvasElement | HTMLImageElement | ImageBitmap;

/** Larger pictures are first drawn at this size: reading back a photo of 100 megapixels would take seconds. */
const LARGEST = 1024;

/** The viewer drew something else than the server. */
export class Differs extends Error {
  override readonly name = 'Differs';
  constructor(difference: Difference) {
    super(`differs from the server's preview: ${described(difference)}`);
  }
}

/** The server's preview, ready to be compared. Not from the cache: what an `<img>` put there may not be read. */
export async function fetchPreview(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(url, { signal, credentials: 'omit', cache: 'no-store' });
  if (!response.ok) throw new Error(`preview: HTTP ${response.status}`);
  return createImageBitmap(await response.blob());
}

/** How far a part of a picture, on the ground it is shown on, is from the preview of it. */
export function compare(drawn: Drawn, part: Rectangle, ground: string, preview: ImageBitmap): Difference {
  const [columns, rows] = [cellsAlong(preview.width), cellsAlong(preview.height)];
  const whole = { x: 0, y: 0, width: preview.width, height: preview.height };
  return differenceOf(
    mosaic(drawn, part, ground, columns, rows),
    mosaic(preview, whole, ground, columns, rows),
  );
}

function mosaic(drawn: Drawn, part: Rectangle, ground: string, columns: number, rows: number): Mosaic {
  const scale = Math.min(1, LARGEST / part.width, LARGEST / part.height);
  const width = Math.max(1, Math.round(part.width * scale));
  const height = Math.max(1, Math.round(part.height * scale));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(drawn, part.x, part.y, part.width, part.height, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  return mosaicOf(pixels, { x: 0, y: 0, width, height }, columns, rows);
}

/** For the record: mean, worst, lost. */
export function described({ mean, worst, lost }: Difference): string {
  return [mean, worst, lost].map((value) => value.toFixed(2)).join(' ');
}
