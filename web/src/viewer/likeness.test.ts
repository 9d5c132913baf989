import { describe, expect, it } from 'vitest';
import { differenceOf, isLike, mosaicOf, PHOTO } from './likeness';

type Colour = [number, number, number];

/** A picture of one function of place. */
function picture(width: number, height: number, colour: (x: number, y: number) => Colour) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data.set([...colour((x + 0.5) / width, (y + 0.5) / height), 255], (y * width + x) * 4);
  }
  return { width, height, data };
}
const whole = ({ width, height }: { width: number; height: number }) => ({ x: 0, y: 0, width, height });
const grey = (value: number): Colour => [value, value, value];
const film = (x: number, y: number) => grey(200 * x * y);

function difference(one: ReturnType<typeof picture>, other: ReturnType<typeof picture>) {
  return differenceOf(mosaicOf(one, whole(one), 16, 16), mosaicOf(other, whole(other), 16, 16));
}

describe('two pictures', () => {
  it('are alike in another size', () => {
    const { mean, worst } = difference(picture(333, 250, film), picture(64, 48, film));
    expect(mean).toBeLessThan(0.5);
    expect(worst).toBeLessThan(1);
  });

  it('are alike when rounding and compression moved them a little', () => {
    expect(
      isLike(
        difference(
          picture(64, 64, film),
          picture(64, 64, (x, y) => grey(200 * x * y + 3)),
        ),
      ),
    ).toBe(true);
  });

  it.each([
    ['black', () => grey(0)],
    ['evenly grey', () => grey(50)],
    ['inverted', (x: number, y: number) => grey(255 - 200 * x * y)],
    ['mirrored', (x: number, y: number) => film(1 - x, y)],
    ['upside down', (x: number, y: number) => film(x, 1 - y)],
    ['in false colours', (x: number, y: number): Colour => [200 * x * y, 0, 200 * x * y]],
    ['saturated', (x: number, y: number) => grey(2_000 * x * y)],
    ['half missing', (x: number, y: number) => (y < 0.5 ? film(x, y) : grey(0))],
    ['garbled', (x: number, y: number) => film((x * 7) % 1, y)],
  ])('are not when one is %s', (_, other) => {
    expect(isLike(difference(picture(64, 64, film), picture(64, 64, other)))).toBe(false);
  });

  it('are not when one is black and the other nearly so, but for a mark', () => {
    const mark = (x: number, y: number) => grey(x > 0.45 && x < 0.55 && y > 0.49 && y < 0.51 ? 180 : 0);
    expect(
      isLike(
        difference(
          picture(64, 64, () => grey(0)),
          picture(64, 64, mark),
        ),
      ),
    ).toBe(false);
    expect(isLike(difference(picture(90, 90, mark), picture(64, 64, mark)))).toBe(true);
  });

  it('are alike when both are of one colour', () => {
    const white = picture(64, 64, () => grey(243));
    expect(
      isLike(
        difference(
          picture(64, 64, () => grey(245)),
          white,
        ),
      ),
    ).toBe(true);
    expect(
      isLike(
        difference(
          picture(64, 64, () => [245, 120, 245]),
          white,
        ),
      ),
    ).toBe(false);
  });

  it('are not when a tenth is another picture', () => {
    const spoilt = picture(64, 64, (x, y) => (x > 0.9 ? grey(255) : film(x, y)));
    expect(isLike(difference(picture(64, 64, film), spoilt))).toBe(false);
  });

  it('are, for photos, also in the colours of another profile', () => {
    const red = picture(64, 64, (x): Colour => [255 * x, 40, 40]);
    const duller = picture(64, 64, (x): Colour => [235 * x, 55, 50]);
    expect(isLike(difference(red, duller), PHOTO)).toBe(true);
    expect(
      isLike(
        difference(
          red,
          picture(64, 64, () => grey(0)),
        ),
        PHOTO,
      ),
    ).toBe(false);
  });
});

describe('a mosaic', () => {
  it('is of the part that is asked for', () => {
    const half = picture(100, 50, (x) => grey(x < 0.5 ? 10 : 90));
    const right = mosaicOf(half, { x: 50, y: 0, width: 50, height: 50 }, 2, 1);
    expect([...right.colours]).toEqual([90, 90, 90, 90, 90, 90]);
  });

  it('of a picture smaller than itself shows each pixel for its share', () => {
    const two = picture(2, 1, (x) => grey(x < 0.5 ? 0 : 100));
    expect([...mosaicOf(two, whole(two), 4, 1).colours].filter((_, index) => index % 3 === 0)).toEqual([
      0, 0, 100, 100,
    ]);
  });
});
