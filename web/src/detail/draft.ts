import type { ImageChange, ImageFile } from '../api/types';

/** Fields of a file that people may change here. */
export const FIELDS = [
  'original_filename',
  'description',
  'modality',
  'body_part',
  'study_date',
  'patient_id',
] as const;
export type Field = (typeof FIELDS)[number];

/** The form's content: text, and an empty text for no value. */
export type Draft = Record<Field, string>;

export function draftOf(file: ImageFile): Draft {
  const { original_filename, description, modality, body_part, study_date, patient_id } = file;
  return {
    original_filename,
    description: description ?? '',
    modality: modality ?? '',
    body_part: body_part ?? '',
    // A date input takes the day only.
    study_date: study_date?.slice(0, 10) ?? '',
    patient_id: String(patient_id ?? ''),
  };
}

/** What the user changed: only that is sent, so two people can change different fields. */
export function changesOf(draft: Draft, base: ImageFile): Omit<ImageChange, 'version'> {
  const before = draftOf(base);
  const changed = FIELDS.filter((field) => draft[field] !== before[field]);
  return Object.fromEntries(changed.map((field) => [field, valueOf(field, draft[field])]));
}

function valueOf(field: Field, text: string): string | null {
  const value = field === 'modality' ? text.trim().toUpperCase() : text.trim();
  return value === '' && field !== 'original_filename' ? null : value;
}

export interface Difference {
  field: Field;
  mine: string;
  theirs: string;
}

/** Fields that both sides changed, to different values: only those need a choice. */
export function differences(mine: Draft, current: ImageFile, base: ImageFile): Difference[] {
  const [theirs, before] = [draftOf(current), draftOf(base)];
  const isOpen = (field: Field) =>
    mine[field] !== theirs[field] && mine[field] !== before[field] && theirs[field] !== before[field];
  return FIELDS.filter(isOpen).map((field) => ({ field, mine: mine[field], theirs: theirs[field] }));
}

/** The draft on top of the current record: untouched fields follow it, chosen ones give way to it. */
export function merged(mine: Draft, current: ImageFile, base: ImageFile, giveWay: Field[]): Draft {
  const [theirs, before] = [draftOf(current), draftOf(base)];
  const keep = (field: Field) => mine[field] !== before[field] && !giveWay.includes(field);
  return Object.fromEntries(
    FIELDS.map((field) => [field, keep(field) ? mine[field] : theirs[field]]),
  ) as Draft;
}
