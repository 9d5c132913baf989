import { items, text, type DataSet } from './dataSet';

/** Channels that were recorded together (PS3.3 C.10.9). */
export interface Recording {
  label: string;
  channels: string[];
  samples: number;
  /** Samples of a second. */
  frequency: number;
  seconds: number;
}

/** What a waveform object has; it is not drawn here. */
export function recordingsOf(dataSet: DataSet): Recording[] {
  return items(dataSet, '54000100').map((group) => {
    const [samples, frequency] = [Number(text(group, '003A0010')), Number(text(group, '003A001A'))];
    return {
      label: text(group, '003A0020'),
      channels: items(group, '003A0200').map(
        (channel) => text(channel, '003A0203') || text(items(channel, '003A0208')[0], '00080104'),
      ),
      samples,
      frequency,
      seconds: frequency > 0 ? samples / frequency : 0,
    };
  });
}
