import { describe, expect, it } from 'vitest';
import type { Patient } from '../api/types';
import { changedFields } from '../shell/merge';
import { textsOf, valuesOf } from './texts';

const before = { name: '张三', medical_record_number: null, sex: 'M', birth_date: '1960-05-01' } as Patient;

describe('changing a patient', () => {
  it('sends only what was changed, and null for what was emptied', () => {
    const texts = { ...textsOf(before), medical_record_number: ' MRN-1 ', birth_date: '' };
    expect(valuesOf(texts, changedFields(texts, textsOf(before)))).toEqual({
      medical_record_number: 'MRN-1',
      birth_date: null,
    });
  });
});
