import { describe, expect, it } from 'vitest';
import {
  activeFilters,
  cleared,
  listsOwn,
  parseFilters,
  parseView,
  sharedQuery,
  withValues,
} from './filters';

const of = (query: string) => parseFilters(new URLSearchParams(query));

describe('filters', () => {
  it('come back from the URL they were written to', () => {
    const values = {
      search: 'a%b_胸',
      file_type: 'DICOM',
      status: 'FAILED',
      modality: 'CT',
      start_date: '2026-01-01',
      end_date: '2026-02-01',
      patient_id: 'P 1',
      uploaded_by: '5',
      scope: 'mine' as const,
    };
    expect(parseFilters(withValues(new URLSearchParams(), values))).toEqual(values);
  });

  it('drop what a mistyped link asks for instead of sending it to the API', () => {
    expect(of('file_type=EXE&status=DELETED&start_date=yesterday&uploaded_by=x&scope=none')).toMatchObject({
      file_type: '',
      status: '',
      start_date: '',
      uploaded_by: '',
      scope: 'all',
    });
  });

  it('keep defaults out of the URL', () => {
    const params = withValues(new URLSearchParams('view=table&search=x'), { view: 'grid', search: '' });
    expect(params.toString()).toBe('');
  });

  it('keep the way of showing when they are cleared', () => {
    const params = cleared(new URLSearchParams('search=x&status=FAILED&view=table&page_size=48'));
    expect(params.toString()).toBe('view=table&page_size=48');
  });

  it('do not count the scope as a filter', () => {
    expect(activeFilters(of('scope=mine'))).toBe(0);
    expect(activeFilters(of('modality=CT&search=x'))).toBe(2);
  });

  it('choose the route that knows the filter', () => {
    expect(listsOwn(of(''), false)).toBe(true);
    expect(listsOwn(of('patient_id=1'), false)).toBe(false);
    expect(listsOwn(of(''), true)).toBe(false);
    expect(listsOwn(of('scope=mine'), true)).toBe(true);
  });

  it('never send a parameter that my-images would refuse', () => {
    expect(Object.keys(sharedQuery(of('')))).not.toContain('patient_id');
    expect(Object.keys(sharedQuery(of('')))).not.toContain('scope');
  });

  it('accept only the page sizes on offer', () => {
    expect(parseView(new URLSearchParams('page_size=100000')).page_size).toBe(24);
    expect(parseView(new URLSearchParams('page_size=48&view=table'))).toEqual({
      view: 'table',
      page_size: 48,
    });
  });
});
