import { expect, it } from 'vitest';
import { nameOf } from './dictionary';

it.each([
  ['00100010', "Patient's Name"],
  ['60003000', 'Overlay Data'],
  ['60023000', 'Overlay Data'],
  ['7FE00010', 'Pixel Data'],
  ['00091001', ''],
])('names %s', (tag, name) => {
  expect(nameOf(tag)).toBe(name);
});
