import { describe, expect, it } from 'vitest';
import { chosenFiles } from './folder';

const fileAt = (path: string) =>
  Object.assign(new File(['x'], path.split('/').at(-1) ?? path), { webkitRelativePath: path });

describe('chosen files', () => {
  it('come in the order people count in, without what the system left there', () => {
    const chosen = ['ct/slice-10.dcm', 'ct/.DS_Store', 'ct/slice-2.dcm', 'a/slice-3.dcm', 'ct/Thumbs.db'].map(
      fileAt,
    );
    expect(chosenFiles(chosen).map(({ path }) => path)).toEqual([
      'a/slice-3.dcm',
      'ct/slice-2.dcm',
      'ct/slice-10.dcm',
    ]);
  });
});
