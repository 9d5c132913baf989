import { describe, expect, it } from 'vitest';
import { addressOf, patientPage, readAddress } from './address';

describe('an address', () => {
  it('keeps what can name a patient behind the #, where no server sees it', () => {
    const { search, hash } = addressOf({ search: '张三', patient_id: 'P-1', modality: 'CT' });
    expect(search).toBe('?modality=CT');
    expect(new URLSearchParams(hash.slice(1)).get('search')).toBe('张三');
    expect(new URLSearchParams(hash.slice(1)).get('patient_id')).toBe('P-1');
  });

  it('gives back all that was put into it', () => {
    const values = { modality: 'CT', search: 'a&b #1 100%', patient_id: 'P-1' };
    expect(Object.fromEntries(readAddress(addressOf(values)))).toEqual(values);
  });

  it('moves a patient behind the # even when a link was written otherwise', () => {
    const params = readAddress({ search: '?patient_id=P-1&view=table', hash: '' });
    expect(addressOf(params)).toEqual({ search: '?view=table', hash: '#patient_id=P-1' });
  });

  it('is bare without parameters', () => {
    expect(addressOf({})).toEqual({ search: '', hash: '' });
  });

  it('of a patient has no id in its path', () => {
    expect(patientPage('P-1')).toEqual({
      pathname: '/patients/record',
      search: '',
      hash: '#patient_id=P-1',
    });
  });
});
