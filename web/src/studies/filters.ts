/** Which studies, and in which order. All of it stands in the address, so that a link reproduces the view. */
export interface StudyFilters {
  search: string;
  patient_id: string;
  modality: string;
  start_date: string;
  end_date: string;
  /** Whether files of it have warnings. */
  warnings: '' | 'true' | 'false';
  /** Administrators only: whose studies. */
  uploaded_by: string;
  sort: Sort;
}

export const SORTS = [
  '-study_date',
  'study_date',
  '-created_at',
  'created_at',
  'patient_name',
  '-patient_name',
] as const;
export type Sort = (typeof SORTS)[number];
export type Column = 'study_date' | 'created_at' | 'patient_name';
export const WARNINGS = ['', 'true', 'false'] as const;
const USUAL: Sort = '-study_date';

/** What is not understood is dropped, never guessed. */
export function parseStudyFilters(params: URLSearchParams): StudyFilters {
  const text = (key: string) => params.get(key)?.trim() ?? '';
  const date = (key: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text(key)) ? text(key) : '');
  return {
    search: params.get('search') ?? '',
    patient_id: text('patient_id'),
    modality: text('modality').toUpperCase(),
    start_date: date('start_date'),
    end_date: date('end_date'),
    warnings: WARNINGS.find((value) => value === text('warnings')) ?? '',
    uploaded_by: /^\d+$/.test(text('uploaded_by')) ? text('uploaded_by') : '',
    sort: SORTS.find((sort) => sort === text('sort')) ?? USUAL,
  };
}

/** Whose studies an administrator looks at; null for the own ones. */
export const ownerOf = (uploadedBy: string) => (/^\d+$/.test(uploadedBy) ? Number(uploadedBy) : null);

/** What the service is asked. */
export function studyQuery({ uploaded_by, warnings, ...filters }: StudyFilters) {
  return {
    ...filters,
    uploaded_by: ownerOf(uploaded_by),
    warnings: warnings === '' ? null : warnings === 'true',
  };
}

/** The address with some values changed; what is usual leaves it short. */
export function withStudyValues(params: URLSearchParams, change: Partial<StudyFilters>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(change)) {
    if (value === '' || value === USUAL) next.delete(key);
    else next.set(key, value);
  }
  return next;
}

/** How many filters narrow the list. */
export const narrowing = (filters: StudyFilters) =>
  Object.entries(filters).filter(([name, value]) => name !== 'sort' && value !== '').length;

/** What a click on a column's head asks for: first the way most people want, then the other way. */
export function turned(sort: Sort, column: Column): Sort {
  const first: Sort = column === 'patient_name' ? 'patient_name' : `-${column}`;
  const other = (first.startsWith('-') ? first.slice(1) : `-${first}`) as Sort;
  return sort === first ? other : first;
}
