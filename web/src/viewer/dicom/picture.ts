import type { ToneWindow } from './tone';

/** Values of gray pixels, in the narrowest type that holds them and that can be drawn. */
export type Values = Uint8Array | Int16Array | Uint16Array | Float32Array;

/** One frame, ready to be drawn. */
export type Picture = GrayPicture | ColourPicture;

interface Sized {
  columns: number;
  rows: number;
  /** Millimetres, or a ratio: how high a pixel is, and how wide. */
  spacing: [number, number];
}

export interface GrayPicture extends Sized {
  kind: 'gray';
  values: Values;
  window: ToneWindow;
  /** Low values are white. */
  inverted: boolean;
  /** Values are what the file measures, such as Hounsfield units. Otherwise they are gray levels after a table. */
  inUnits: boolean;
}

export interface ColourPicture extends Sized {
  kind: 'colour';
  /** Red, green and blue. */
  levels: Uint8Array;
}
