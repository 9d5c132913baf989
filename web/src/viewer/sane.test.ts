import { describe, expect, it } from 'vitest';
import { contrastOf, firstWindow, isPalette, possibleFrames, sanePlane, windowOver } from './sane';

describe('sanePlane', () => {
  const plane = {
    rowPixelSpacing: 0.7,
    columnPixelSpacing: 0.5,
    pixelSpacing: [0.7, 0.5],
    rowCosines: [0, 1, 0],
    columnCosines: [0, 0, -1],
    imageOrientationPatient: [0, 1, 0, 0, 0, -1],
    imagePositionPatient: [1, 2, 3],
  };

  it('leaves what makes sense as it is', () => {
    expect(sanePlane(plane)).toEqual(plane);
  });

  it.each([
    [0, 0],
    [-0.2, 0.2],
    [NaN, 0.2],
    [0.2, Infinity],
    [1e-9, 1e-9],
    [0.001, 1],
    [null, null],
  ])('takes square pixels for a spacing of %s and %s', (rowPixelSpacing, columnPixelSpacing) => {
    const sane = sanePlane({ ...plane, rowPixelSpacing, columnPixelSpacing });
    expect(sane).toMatchObject({ rowPixelSpacing: 1, columnPixelSpacing: 1, pixelSpacing: [1, 1] });
  });

  it.each([
    { rowCosines: [0, 0, 0] },
    { rowCosines: [NaN, 0, 0] },
    { rowCosines: [0, 0, 1] },
    { rowCosines: [2, 0, 0] },
    { columnCosines: [1] },
  ])('looks from the front at axes such as %j', (axes) => {
    expect(sanePlane({ ...plane, ...axes })).toMatchObject({
      rowCosines: [1, 0, 0],
      columnCosines: [0, 1, 0],
      imageOrientationPatient: [1, 0, 0, 0, 1, 0],
    });
  });

  it('does not let a picture be nowhere', () => {
    expect(sanePlane({ ...plane, imagePositionPatient: [0, NaN, 0] }).imagePositionPatient).toEqual([
      0, 0, 0,
    ]);
  });
});

describe('firstWindow', () => {
  it('takes the first of several', () => {
    expect(firstWindow([400, 80], [40, 20], undefined)).toEqual({ width: 400, center: 40, exact: false });
    expect(firstWindow('350', '50', 'LINEAR_EXACT')).toEqual({ width: 350, center: 50, exact: true });
  });

  it.each([
    [0, 1],
    [-5, 1],
    [NaN, NaN],
    [undefined, undefined],
    [[], []],
    ['', ''],
    [Infinity, 0],
  ])('finds none in a width of %s and a centre of %s', (width, center) => {
    expect(firstWindow(width, center, undefined)).toBeNull();
  });

  it('reads a width up to 1 as the exact function, because the linear one divides by zero', () => {
    expect(firstWindow(1, 0.5, 'LINEAR')?.exact).toBe(true);
  });
});

describe('contrastOf', () => {
  it('is not decided by a hot pixel, and not by padding', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => index % 100);
    values[7] = 30_000;
    for (let index = 0; index < 300; index++) values[index * 3 + 1] = -2_000;
    expect(contrastOf(values, -2_000)).toEqual([0, 99]);
  });

  it('shows a picture of two values, of one, and of none', () => {
    expect(contrastOf([...Array<number>(999).fill(0), 1], null)).toEqual([0, 1]);
    expect(windowOver(contrastOf([5, 5], null)).width).toBeGreaterThan(0);
    expect(contrastOf([NaN], null)).toEqual([0, 0]);
  });
});

describe('possibleFrames', () => {
  it('believes no more frames than a file can hold', () => {
    expect(possibleFrames(10, 1_000_000, 65_536)).toBe(10);
    expect(possibleFrames('4294967295', 1_000_000, 65_536)).toBe(15);
    expect(possibleFrames(1e12, 1_000, 0)).toBe(100);
  });

  it.each([undefined, null, '', 'many', 0, -3, NaN])('takes %s for one', (claimed) => {
    expect(possibleFrames(claimed, 1_000_000, 100)).toBe(1);
  });
});

describe('isPalette', () => {
  it('is one when the table is as long as it says', () => {
    expect(isPalette([256, 0, 16], [new ArrayBuffer(512)])).toBe(true);
    expect(isPalette([0, 0, 16], new Uint16Array(65_536))).toBe(true);
    expect(isPalette([3, 0, 8], [1, 2, 3])).toBe(true);
  });

  it.each([
    [undefined, undefined],
    [[256, 0, 16], undefined],
    [[256, 0, 16], [new ArrayBuffer(100)]],
    [[256, 0, 0], [new ArrayBuffer(512)]],
    [[256], [new ArrayBuffer(512)]],
  ])('is none with a descriptor of %j', (descriptor, data) => {
    expect(isPalette(descriptor, data)).toBe(false);
  });
});
