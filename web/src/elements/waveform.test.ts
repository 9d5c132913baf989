import { describe, expect, it } from 'vitest';
import type { DataSet } from './dataSet';
import { rowsOf, traceOf } from './paper';
import { curvesOf, presentSamples, recordingsOf, type Recording } from './waveform';

const one = (vr: string, value: unknown) => ({ vr, Value: [value] });
const channel = (label: string, more: DataSet = {}): DataSet => ({ '003A0203': one('SH', label), ...more });
const measured = (unit: string, sensitivity: string, more: DataSet = {}) =>
  channel('I', {
    '003A0210': one('DS', sensitivity),
    '003A0211': one('SQ', { '00080100': one('SH', unit) }),
    ...more,
  });
const group = (more: DataSet): DataSet => ({
  '003A0010': one('UL', 4),
  '003A001A': one('DS', '500'),
  '54001004': one('US', 16),
  '54001006': one('CS', 'SS'),
  ...more,
});
const base64 = (values: number[]) => Buffer.from(Int16Array.from(values).buffer).toString('base64');
const only = (more: DataSet): Recording => recordingsOf({ '54000100': one('SQ', group(more)) })[0]!;
const channels = (...all: DataSet[]) => ({ '003A0200': { vr: 'SQ', Value: all } });

describe('a recording', () => {
  it('counts what was recorded', () => {
    const recording = only({ '003A0020': one('SH', 'RHYTHM'), ...channels(channel('I'), channel('II')) });
    expect(recording).toMatchObject({ label: 'RHYTHM', samples: 4, frequency: 500, seconds: 0.008 });
    expect(recording.channels.map(({ label, scale }) => [label, scale])).toEqual([
      ['I', null],
      ['II', null],
    ]);
    expect(recording.place).toBeNull();
  });

  it.each([
    ['uV', '4.88', {}, { factor: 0.00488, baseline: 0 }],
    ['mV', '2', { '003A0212': one('DS', '0.5'), '003A0213': one('DS', '3') }, { factor: 1, baseline: 3 }],
    ['V', '0.001', {}, { factor: 1, baseline: 0 }],
    ['mm[Hg]', '1', {}, null],
    ['mV', '0', {}, null],
    ['mV', 'high', {}, null],
  ])('in %s with a sensitivity of %s has the scale that its file says', (unit, sensitivity, more, scale) => {
    const found = only(channels(measured(unit, sensitivity, more))).channels[0]?.scale;
    if (scale === null) return expect(found).toBeNull();
    expect(found?.factor).toBeCloseTo(scale.factor, 9);
    expect(found?.baseline).toBeCloseTo(scale.baseline, 9);
  });

  it('becomes millivolts channel by channel, with gaps where there is padding', () => {
    const recording = only({
      ...channels(measured('uV', '500'), measured('mV', '1', { '003A0213': one('DS', '-1') })),
      '5400100A': { vr: 'OW', InlineBinary: base64([-32768]) },
      '54001010': { vr: 'OW', InlineBinary: base64([2, 3, -32768, 4, -2, -32768]) },
    });
    expect(recording.padding).toBe(-32768);
    expect(presentSamples(recording)).toBe(3);
    const place = recording.place;
    const bytes = place && 'bytes' in place ? place.bytes : new Uint8Array();
    expect(curvesOf(recording, bytes, true).map((curve) => [...curve])).toEqual([
      [1, NaN, -1],
      [2, 3, NaN],
    ]);
    const swapped = bytes.map((_, at) => bytes[at ^ 1] ?? 0);
    expect([...(curvesOf(recording, swapped, false)[0] ?? [])]).toEqual([1, NaN, -1]);
  });

  it('is not read where samples are companded sound, or have other bits than they say', () => {
    expect(only({ ...channels(channel('Left')), '54001006': one('CS', 'MB') }).format).toBeNull();
    expect(only({ ...channels(channel('I')), '54001004': one('US', 32) }).format).toBeNull();
  });
});

describe('a trace', () => {
  it('has 25 mm for a second and 10 mm for a millivolt, upwards', () => {
    const { path, top, bottom } = traceOf(Float32Array.from([0, 1, -0.5]), 1);
    expect(path).toBe('M0 0L25 -10L50 5');
    expect([top, bottom]).toEqual([-10, 5]);
  });

  it('keeps the peak of a column, and a gap', () => {
    const curve = new Float32Array(2_000);
    curve[1_003] = 2;
    curve.fill(NaN, 1_500, 1_600);
    const { path, top } = traceOf(curve, 1_000);
    expect(top).toBe(-20);
    expect(path).toContain('L25.075 -20');
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/[ML]/g)?.length).toBeLessThan(1_200);
  });

  it('stands below the others with the room that it needs', () => {
    const flat = { path: '', top: 0, bottom: 0 };
    const tall = { path: '', top: -20, bottom: 5 };
    const none = { path: '', top: -Infinity, bottom: Infinity };
    expect(rowsOf([flat, tall, none])).toEqual({ zeros: [10, 40, 55], height: 65 });
  });
});
