import { expect, it } from 'vitest';
import type { ImageFile } from '../api/types';
import { inReadingOrder } from './order';

const file = (id: number, series_id: number | null, instance_number: number | null) =>
  ({ id, series_id, dicom: { instance_number } }) as ImageFile;

it('goes series by series, by number, and leaves what has none at the end', () => {
  const files = [
    file(1, 8, 2),
    file(2, 9, 1),
    file(3, 8, 10),
    file(4, 8, null),
    file(6, 8, 1),
    file(5, 8, 1),
    file(7, null, 3),
  ];
  expect(inReadingOrder(files).map(({ id }) => id)).toEqual([5, 6, 1, 3, 4, 2, 7]);
});
