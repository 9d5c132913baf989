import { expect, it } from 'vitest';
import type { ImageFile } from '../api/types';
import { allFiles, contentOf } from './files';

const file = (id: number, change: object = {}) =>
  ({
    id,
    file_type: 'DICOM',
    preview_url: 'u',
    dicom: { rows: 4, number_of_frames: 1 },
    ...change,
  }) as ImageFile;

it('reads all pages in their order', async () => {
  const pages: Record<string, { items: ImageFile[]; next_cursor: string | null }> = {
    '': { items: [file(1)], next_cursor: 'a' },
    a: { items: [], next_cursor: 'b' },
    b: { items: [file(2)], next_cursor: null },
  };
  const files = await allFiles(({ cursor }) => Promise.resolve(pages[cursor ?? '']!));
  expect(files.map(({ id }) => id)).toEqual([1, 2]);
});

it('tells slices from clips, and from what has no picture', () => {
  const content = contentOf([
    file(1),
    file(2, { dicom: { rows: 4, number_of_frames: 30 } }),
    file(3, { preview_url: null, dicom: { rows: null, number_of_frames: null } }),
    file(4, { file_type: 'PNG', dicom: null }),
    file(5, { preview_url: null }),
  ]);
  expect(content.stack.map(({ id }) => id)).toEqual([1, 5]);
  expect(content.clips.map(({ id }) => id)).toEqual([2]);
  expect(content.others.map(({ id }) => id)).toEqual([3, 4]);
});
