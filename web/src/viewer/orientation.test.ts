import { describe, expect, it } from 'vitest';
import { barOf, edgesOf, lettersOf } from './orientation';

describe('lettersOf', () => {
  it.each([
    [[1, 0, 0], 'L'],
    [[-1, 0, 0], 'R'],
    [[0, 1, 0], 'P'],
    [[0, -1, 0], 'A'],
    [[0, 0, 1], 'H'],
    [[0, 0, -1], 'F'],
    [[0.8, 0.6, 0], 'LP'],
    [[0.6, 0, -0.8], 'FL'],
    [[0.99, 0.1, 0.1], 'L'],
  ] as const)('%j is %s', (direction, letters) => expect(lettersOf([...direction])).toBe(letters));
});

describe('edgesOf', () => {
  const axial = { row: [1, 0, 0], column: [0, 1, 0] } as const;
  const of = (row: [number, number], column: [number, number]) =>
    edgesOf({ row: [...axial.row], column: [...axial.column] }, { row, column });

  it('has the patient’s left on the right of an axial slice, and the front on top', () => {
    expect(of([2, 0], [0, 2])).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
  });
  it('follows a turn by 90°', () => {
    expect(of([0, 2], [-2, 0])).toEqual({ left: 'P', right: 'A', top: 'R', bottom: 'L' });
  });
  it('follows a mirror', () => {
    expect(of([-2, 0], [0, 2])).toEqual({ left: 'L', right: 'R', top: 'A', bottom: 'P' });
  });
});

describe('barOf', () => {
  it.each([
    [2, 150, 100, '5 cm'],
    [1, 200, 200, '20 cm'],
    [100, 150, 100, '1 mm'],
    [20, 150, 100, '5 mm'],
    [20_000, 150, 100, '5 µm'],
  ])('%d pixels a millimetre, in %d', (scale, most, pixels, label) => {
    const bar = barOf(scale, most);
    expect(bar?.label).toBe(label);
    expect(bar?.pixels).toBeCloseTo(pixels);
  });
  it('is nothing without a scale', () => expect(barOf(NaN, 100)).toBeNull());
});
