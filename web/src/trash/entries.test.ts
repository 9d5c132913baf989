import { describe, expect, it } from 'vitest';
import type { TrashedFile } from '../api/types';
import { linesOf } from './entries';

const file = (id: number, study_id: number | null) => ({ id, study_id }) as TrashedFile;
const [a, b, c, d, e, f] = [file(6, 1), file(5, null), file(4, 2), file(3, 1), file(2, 3), file(1, null)];
const alone = (each: TrashedFile) => ({ file: each, isInside: false });

describe('the trash', () => {
  it('puts the files of a study together, where its newest one stands', () => {
    expect(linesOf([a, b, c, d, e, f], new Set())).toEqual([
      { studyId: 1, files: [a, d] },
      alone(b),
      alone(c),
      alone(e),
      alone(f),
    ]);
  });

  it('shows the files of an open study below it', () => {
    expect(linesOf([a, b, d], new Set([1]))).toEqual([
      { studyId: 1, files: [a, d] },
      { file: a, isInside: true },
      { file: d, isInside: true },
      alone(b),
    ]);
  });
});
