import { expect, it } from 'vitest';
import type { TrashedFile } from '../api/types';
import { entriesOf } from './entries';

const file = (id: number, study_id: number | null) => ({ id, study_id }) as TrashedFile;

it('puts the files of a study together, where its newest one stands', () => {
  const [a, b, c, d, e, f] = [file(6, 1), file(5, null), file(4, 2), file(3, 1), file(2, 3), file(1, null)];
  expect(entriesOf([a, b, c, d, e, f])).toEqual([
    { studyId: 1, files: [a, d] },
    { file: b },
    { file: c },
    { file: e },
    { file: f },
  ]);
});
