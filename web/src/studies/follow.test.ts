import { describe, expect, it } from 'vitest';
import type { Place } from '../viewer/dicom/geometry';
import { besideOf, type Slices } from './follow';

type Options = { from?: number; step: number; count: number; space?: string; normal?: Place['normal'] };

function slices({ from = 0, step, count, space = '', normal = [0, 0, 1] }: Options): Slices {
  const placeAt = (index: number) =>
    index < 0 || index >= count ? null : { normal, along: from + index * step, frameOfReference: space };
  return { count, placeAt };
}
const unknown = (count: number): Slices => ({ count, placeAt: () => null });

describe('the slice beside another one', () => {
  it('is as many slices away where nobody knows the distances', () => {
    expect(besideOf(unknown(20), 7, unknown(10), { own: 5, other: 2 })).toBe(4);
    expect(besideOf(unknown(20), 19, unknown(10), { own: 5, other: 2 })).toBe(9);
    expect(besideOf(unknown(20), 0, unknown(10), { own: 5, other: 2 })).toBe(0);
  });

  it('is as many millimetres away, though the other series is thicker', () => {
    const [thin, thick] = [slices({ step: 1, count: 100 }), slices({ from: 300, step: 5, count: 20 })];
    const anchor = { own: 10, other: 4 };
    expect(besideOf(thin, 11, thick, anchor)).toBe(4);
    expect(besideOf(thin, 13, thick, anchor)).toBe(5);
    expect(besideOf(thin, 35, thick, anchor)).toBe(9);
    expect(besideOf(thick, 6, thin, { own: 4, other: 10 })).toBe(20);
  });

  it('is the same place of the patient in one frame of reference, wherever one began', () => {
    const [one, other] = [
      slices({ step: 1, count: 100, space: '1.2' }),
      slices({ from: -50, step: 2, count: 80, space: '1.2' }),
    ];
    expect(besideOf(one, 30, other, { own: 0, other: 0 })).toBe(40);
  });

  it('runs the other way when the other series was numbered from the feet', () => {
    const [down, up] = [slices({ step: -2, count: 40 }), slices({ step: 2, count: 40 })];
    expect(besideOf(down, 12, up, { own: 10, other: 20 })).toBe(18);
    const mirrored = slices({ step: 2, count: 40, normal: [0, 0, -1] });
    expect(besideOf(up, 12, mirrored, { own: 10, other: 20 })).toBe(18);
  });

  it('counts slices when the planes are others', () => {
    const [axial, coronal] = [
      slices({ step: 1, count: 40 }),
      slices({ step: 4, count: 40, normal: [0, 1, 0] }),
    ];
    expect(besideOf(axial, 12, coronal, { own: 10, other: 20 })).toBe(22);
  });
});
