import { expect, it } from 'vitest';
import { narrowing, parseStudyFilters, studyQuery, turned, withStudyValues } from './filters';

it('reads an address and drops what it does not understand', () => {
  const filters = parseStudyFilters(
    new URLSearchParams(
      'search=张三&modality=ct&start_date=2026-01-05&end_date=soon&sort=size&uploaded_by=x&warnings=many',
    ),
  );
  expect(filters).toMatchObject({ search: '张三', modality: 'CT', start_date: '2026-01-05', end_date: '' });
  expect(filters.sort).toBe('-study_date');
  expect(narrowing(filters)).toBe(3);
  expect(studyQuery(filters).uploaded_by).toBeNull();
});

it.each(['true', 'false'] as const)('asks for studies by their warnings: %s', (warnings) => {
  const filters = parseStudyFilters(new URLSearchParams({ warnings }));
  expect(narrowing(filters)).toBe(1);
  expect(studyQuery(filters).warnings).toBe(warnings === 'true');
});

it('leaves out of the address what is usual', () => {
  const params = withStudyValues(new URLSearchParams('modality=CT'), { sort: '-study_date', modality: '' });
  expect(params.toString()).toBe('');
  expect(withStudyValues(params, { sort: 'patient_name' }).toString()).toBe('sort=patient_name');
});

it('turns the order with each click on a column', () => {
  expect(turned('-study_date', 'study_date')).toBe('study_date');
  expect(turned('study_date', 'study_date')).toBe('-study_date');
  expect(turned('-study_date', 'patient_name')).toBe('patient_name');
  expect(turned('patient_name', 'patient_name')).toBe('-patient_name');
});
