import { decodeFrame, type Decoded, type Decoder } from './codestream';
import { eightBits, fromPalette, fromYbr } from './colour';
import { framesOf, type Frames } from './frames';
import { geometryOf, type Geometry } from './geometry';
import { grayPicture } from './gray';
import { layoutOf, type Layout } from './layout';
import { withOverlays } from './overlay';
import { parse, type Parsed } from './parse';
import type { Picture } from './picture';
import { nativeSamples } from './samples';
import { fromLabels } from './segments';
import { spacingOf } from './spacing';

/**
 * A DICOM file and its frames as pictures. The library that draws them knows neither tables nor functional groups, odd
 * sizes or deep colours; so it is handed values and a window, or finished colours, made as the server makes its preview.
 */
export class DicomFile {
  private constructor(
    private readonly parsed: Parsed,
    private readonly layout: Layout,
    private readonly frames: Frames,
    private readonly decoder: Decoder,
  ) {}

  static async open(bytes: Uint8Array, decoder: Decoder): Promise<DicomFile> {
    const parsed = await parse(bytes);
    const layout = layoutOf(parsed.dataSet, parsed.pixels.tag);
    return new DicomFile(parsed, layout, framesOf(parsed, layout), decoder);
  }

  /** The frames that are there. */
  get count(): number {
    return this.frames.count;
  }

  /** The frame the server makes its preview of, counted from 0. */
  get middle(): number {
    return this.frames.middle;
  }

  /** How high a pixel of a frame is, and how wide. */
  spacing(frame: number): [number, number] {
    return spacingOf(this.parsed.dataSet, frame);
  }

  /** How a frame lies in the patient, and what its distances mean. */
  geometry(frame: number): Geometry {
    return geometryOf(this.parsed.dataSet, frame);
  }

  async picture(frame: number): Promise<Picture> {
    const { dataSet } = this.parsed;
    const { layout, samples } = await this.decoded(frame);
    const { columns, rows, photometric } = layout;
    const spacing = this.spacing(frame);
    const coloured = (levels: Uint8Array): Picture => ({ kind: 'colour', columns, rows, spacing, levels });
    const labels = fromLabels(dataSet, layout, samples);
    if (labels) return coloured(labels);
    switch (photometric) {
      case 'MONOCHROME1':
      case 'MONOCHROME2':
        return withOverlays(dataSet, frame, { ...grayPicture(dataSet, frame, layout, samples), spacing });
      case 'PALETTE':
        return coloured(fromPalette(dataSet, layout, samples));
      case 'RGB':
        return coloured(eightBits(samples, layout));
      default:
        return coloured(fromYbr(eightBits(samples, layout), photometric === 'YBR_PARTIAL'));
    }
  }

  private async decoded(frame: number): Promise<Decoded> {
    const stored = this.frames.stored(frame);
    if (stored.kind === 'codestream') {
      return decodeFrame(stored.bytes, this.layout, this.parsed.transferSyntax, this.decoder);
    }
    const samples = nativeSamples(stored.bytes, stored.layout, this.parsed.pixelsBigEndian, stored.firstBit);
    return { layout: stored.layout, samples };
  }
}
