import { describe, expect, it } from 'vitest';
import type { ImageFile } from '../api/types';
import { changesOf, differences, draftOf, merged } from './draft';

const base = {
  original_filename: 'a.dcm',
  description: 'old',
  modality: 'CT',
  body_part: null,
  study_date: '2026-01-05T00:00:00.000Z',
  patient_id: 'P1',
  version: 3,
} as ImageFile;

describe('editing', () => {
  it('sends nothing when nothing was changed', () => {
    expect(changesOf(draftOf(base), base)).toEqual({});
  });

  it('sends only what was changed, and null for what was emptied', () => {
    const draft = { ...draftOf(base), description: ' ', modality: 'mr' };
    expect(changesOf(draft, base)).toEqual({ description: null, modality: 'MR' });
  });

  it('takes a number of the API for the same patient as its text', () => {
    const ten = { ...base, patient_id: 10 };
    expect(draftOf(ten).patient_id).toBe('10');
    expect(changesOf({ ...draftOf(ten), patient_id: ' 10' }, ten)).toEqual({ patient_id: '10' });
    expect(changesOf(draftOf(ten), ten)).toEqual({});
    expect(differences({ ...draftOf(base), patient_id: '10' }, ten, base)).toEqual([]);
  });

  it('finds a conflict only where both sides touched the same field', () => {
    const mine = { ...draftOf(base), description: 'mine', body_part: 'KNEE' };
    const current = { ...base, description: 'theirs', patient_id: 'P2', version: 4 };
    expect(differences(mine, current, base)).toEqual([
      { field: 'description', mine: 'mine', theirs: 'theirs' },
    ]);
  });

  it('follows the other side in fields the user did not touch', () => {
    const mine = { ...draftOf(base), description: 'mine' };
    const current = { ...base, description: 'theirs', patient_id: 'P2', version: 4 };
    expect(merged(mine, current, base, [])).toMatchObject({ description: 'mine', patient_id: 'P2' });
    expect(merged(mine, current, base, ['description'])).toMatchObject({
      description: 'theirs',
      patient_id: 'P2',
    });
  });

  it('keeps what nobody else changed when the other side is taken in a conflict', () => {
    const mine = { ...draftOf(base), description: 'mine', body_part: 'KNEE' };
    const current = { ...base, description: 'theirs', version: 4 };
    const conflicts = differences(mine, current, base).map(({ field }) => field);
    expect(merged(mine, current, base, conflicts)).toMatchObject({
      description: 'theirs',
      body_part: 'KNEE',
    });
  });
});
