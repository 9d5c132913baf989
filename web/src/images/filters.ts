import { FILE_TYPES, LIVE_STATUSES, type FileType, type LiveStatus } from '../api/types';

/** What the list shows. Every field lives in the page's URL, so that a link reproduces the view. */
export interface Filters {
  search: string;
  file_type: FileType | '';
  status: LiveStatus | '';
  modality: string;
  start_date: string;
  end_date: string;
  patient_id: string;
  /** Administrators only. */
  uploaded_by: string;
  /** Administrators see everybody's files unless they ask for their own. */
  scope: 'all' | 'mine';
}

/** How it is shown; kept in the URL as well. */
export interface ViewOptions {
  view: 'grid' | 'table';
  page_size: number;
}

export const PAGE_SIZES = [24, 48, 100];

/** DICOM modalities people filter by (PS3.3 C.7.3.1.1.1), the frequent ones first. */
const MODALITIES = [
  'CT',
  'MR',
  'DX',
  'CR',
  'US',
  'MG',
  'XA',
  'PT',
  'NM',
  'RF',
  'ES',
  'IO',
  'OP',
  'SC',
  'SM',
  'OT',
];

/** The modalities to choose from, and the chosen one if it is a rare one. */
export function modalitiesWith(chosen: string): string[] {
  return chosen === '' || MODALITIES.includes(chosen) ? MODALITIES : [chosen, ...MODALITIES];
}

/** Reads a URL somebody may have typed: what is not understood is dropped, never guessed. */
export function parseFilters(params: URLSearchParams): Filters {
  const text = (key: string) => params.get(key)?.trim() ?? '';
  const oneOf = <T extends string>(key: string, allowed: readonly T[]): T | '' =>
    allowed.find((value) => value === text(key).toUpperCase()) ?? '';
  const date = (key: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text(key)) ? text(key) : '');
  return {
    search: params.get('search') ?? '',
    file_type: oneOf('file_type', FILE_TYPES),
    status: oneOf('status', LIVE_STATUSES),
    modality: text('modality').toUpperCase(),
    start_date: date('start_date'),
    end_date: date('end_date'),
    patient_id: text('patient_id'),
    uploaded_by: /^\d+$/.test(text('uploaded_by')) ? text('uploaded_by') : '',
    scope: params.get('scope') === 'mine' ? 'mine' : 'all',
  };
}

export function parseView(params: URLSearchParams): ViewOptions {
  const size = Number(params.get('page_size'));
  return {
    view: params.get('view') === 'table' ? 'table' : 'grid',
    page_size: PAGE_SIZES.includes(size) ? size : 24,
  };
}

/** The URL with some values changed; defaults leave it short. */
export function withValues(
  params: URLSearchParams,
  change: Record<string, string | number>,
): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(change)) {
    if (value === '' || (key === 'scope' && value === 'all') || (key === 'view' && value === 'grid'))
      next.delete(key);
    else next.set(key, String(value));
  }
  return next;
}

/** Only the way of showing stays when the filters are cleared. */
export function cleared(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams();
  for (const key of ['view', 'page_size', 'scope']) {
    const value = params.get(key);
    if (value !== null) next.set(key, value);
  }
  return next;
}

/** How many filters narrow the list. */
export function activeFilters(filters: Filters): number {
  return Object.entries(filters).filter(([key, value]) => key !== 'scope' && value !== '').length;
}

/** Own files (contract route 1) or all the caller may see (route 7, which alone knows uploader and patient). */
export function listsOwn(filters: Filters, isAdmin: boolean): boolean {
  if (filters.patient_id !== '' || filters.uploaded_by !== '') return false;
  return !isAdmin || filters.scope === 'mine';
}

/** Filters that every list knows. */
export function sharedQuery({ search, file_type, status, modality, start_date, end_date }: Filters) {
  return { search, file_type, status, modality, start_date, end_date };
}

/** Filters of the list of everything the caller may see. */
export function fullQuery(filters: Filters) {
  const { patient_id, uploaded_by } = filters;
  return {
    ...sharedQuery(filters),
    patient_id,
    uploaded_by: uploaded_by === '' ? null : Number(uploaded_by),
  };
}
