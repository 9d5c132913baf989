import { describe, expect, it } from 'vitest';
import type { ImageFile } from '../api/types';
import { changedFields } from '../shell/merge';
import { draftOf, valuesOf, type Draft } from './draft';

const base = {
  original_filename: 'a.dcm',
  description: 'old',
  modality: 'CT',
  body_part: null,
  study_date: '2026-01-05T00:00:00.000Z',
  patient_id: 'P1',
  version: 3,
} as ImageFile;

const sent = (draft: Draft, from: ImageFile) => valuesOf(draft, changedFields(draft, draftOf(from)));

describe('editing a file', () => {
  it('sends nothing when nothing was changed', () => {
    expect(sent(draftOf(base), base)).toEqual({});
  });

  it('sends only what was changed, and null for what was emptied', () => {
    const draft = { ...draftOf(base), description: ' ', modality: 'mr' };
    expect(sent(draft, base)).toEqual({ description: null, modality: 'MR' });
  });

  it('takes a number of the API for the same patient as its text', () => {
    const ten = { ...base, patient_id: 10 };
    expect(draftOf(ten).patient_id).toBe('10');
    expect(sent({ ...draftOf(ten), patient_id: ' 10' }, ten)).toEqual({ patient_id: '10' });
    expect(sent(draftOf(ten), ten)).toEqual({});
  });
});
