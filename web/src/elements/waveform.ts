import { bytesOf, items, text, type DataSet } from './dataSet';

/** One curve of a recording (PS3.3 C.10.9, Channel Definition Sequence). */
export interface Channel {
  label: string;
  /** How samples become millivolts; null where the file does not say so, or measures something else. */
  scale: Scale | null;
  /** Seconds that its first sample comes after the beginning. */
  skew: number;
}

/** Millivolts = sample × `factor` + `baseline`. */
export interface Scale {
  factor: number;
  baseline: number;
}

/** Channels that were recorded together, sample by sample (PS3.3 C.10.9). */
export interface Recording {
  label: string;
  channels: Channel[];
  samples: number;
  /** Samples of a second. */
  frequency: number;
  seconds: number;
  /** How a sample is written; null for what is not read here, such as companded sound. */
  format: Format | null;
  /** The sample that stands for none. */
  padding: number | null;
  /** Where they are in the file; or the bytes, if they are few. Null where neither is said. */
  place: { from: number; length: number } | { bytes: Uint8Array } | null;
}

export interface Format {
  bytes: 1 | 2 | 4;
  signed: boolean;
}

/** Waveform Sample Interpretation (5400,1006), with the Waveform Bits Allocated (5400,1004) that go with it. */
const FORMATS: Record<string, Format> = {
  SB: { bytes: 1, signed: true },
  UB: { bytes: 1, signed: false },
  SS: { bytes: 2, signed: true },
  US: { bytes: 2, signed: false },
  SL: { bytes: 4, signed: true },
  UL: { bytes: 4, signed: false },
};

/** Millivolts of a unit (UCUM) of Channel Sensitivity Units. */
const MILLIVOLTS: Record<string, number> = { V: 1_000, mV: 1, uV: 0.001, nV: 0.000_001 };

export function recordingsOf(dataSet: DataSet): Recording[] {
  return items(dataSet, '54000100').map((group) => {
    const [samples, frequency] = [Number(text(group, '003A0010')), Number(text(group, '003A001A'))];
    const format = formatOf(group);
    return {
      label: text(group, '003A0020'),
      channels: items(group, '003A0200').map((channel) => channelOf(channel, frequency)),
      samples,
      frequency,
      seconds: frequency > 0 ? samples / frequency : 0,
      format,
      padding: paddingOf(group, format),
      place: placeOf(group),
    };
  });
}

function channelOf(channel: DataSet, frequency: number): Channel {
  const skew = Number(text(channel, '003A0214')) || Number(text(channel, '003A0215')) / frequency || 0;
  const label = text(channel, '003A0203') || text(items(channel, '003A0208')[0], '00080104');
  return { label, scale: scaleOf(channel), skew };
}

function scaleOf(channel: DataSet): Scale | null {
  const sensitivity = text(channel, '003A0210');
  const unit = MILLIVOLTS[text(items(channel, '003A0211')[0], '00080100')];
  const correction = text(channel, '003A0212');
  const factor = Number(sensitivity) * (correction === '' ? 1 : Number(correction)) * (unit ?? NaN);
  // A baseline is in the units of the sensitivity.
  const baseline = Number(text(channel, '003A0213')) * (unit ?? NaN);
  const isSaid = sensitivity !== '' && Number.isFinite(factor) && factor !== 0 && Number.isFinite(baseline);
  return isSaid ? { factor, baseline } : null;
}

function formatOf(group: DataSet): Format | null {
  const format = FORMATS[text(group, '54001006')];
  return format && Number(text(group, '54001004')) === format.bytes * 8 ? format : null;
}

function paddingOf(group: DataSet, format: Format | null): number | null {
  const inline = group['5400100A']?.InlineBinary;
  if (inline === undefined || !format) return null;
  const bytes = bytesOf(inline);
  return bytes.length < format.bytes ? null : sampleAt(new DataView(bytes.buffer), 0, format, true);
}

function placeOf(group: DataSet): Recording['place'] {
  const element = group['54001010'];
  if (element?.InlineBinary !== undefined) return { bytes: bytesOf(element.InlineBinary) };
  const [, from, length] = /^bulkdata\/stored\/(\d+)\/(\d+)$/.exec(element?.BulkDataURI ?? '') ?? [];
  return from === undefined ? null : { from: Number(from), length: Number(length) };
}

/** Bytes of one moment: a sample of each channel. */
export const strideOf = ({ channels, format }: Recording) => channels.length * (format?.bytes ?? 0);

/** So many samples a channel really has: a file may have fewer than it says. */
export function presentSamples(recording: Recording): number {
  const { place, samples } = recording;
  const stride = strideOf(recording);
  if (!place || stride === 0) return 0;
  const length = 'bytes' in place ? place.bytes.length : place.length;
  return Math.min(samples, Math.floor(length / stride));
}

/** The curves in millivolts, of bytes that begin with a moment. What is padding, or has no scale, is NaN. */
export function curvesOf(recording: Recording, bytes: Uint8Array, littleEndian: boolean): Float32Array[] {
  const { channels, format, padding } = recording;
  if (!format) return channels.map(() => new Float32Array());
  const count = Math.floor(bytes.length / strideOf(recording));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return channels.map(({ scale }, channel) =>
    Float32Array.from({ length: count }, (_, at) => {
      const sample = sampleAt(view, (at * channels.length + channel) * format.bytes, format, littleEndian);
      return scale && sample !== padding ? sample * scale.factor + scale.baseline : NaN;
    }),
  );
}

function sampleAt(view: DataView, at: number, { bytes, signed }: Format, littleEndian: boolean): number {
  if (bytes === 1) return signed ? view.getInt8(at) : view.getUint8(at);
  if (bytes === 2) return signed ? view.getInt16(at, littleEndian) : view.getUint16(at, littleEndian);
  return signed ? view.getInt32(at, littleEndian) : view.getUint32(at, littleEndian);
}
