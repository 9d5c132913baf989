import type { ImageChange, ImageFile } from '../api/types';
import type { Texts } from '../shell/merge';

/** Fields of a file that people may change here. */
export type Field =
  'original_filename' | 'description' | 'modality' | 'body_part' | 'study_date' | 'patient_id';

export type Draft = Texts<Field>;

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

/** These fields as the service takes them. */
export function valuesOf(draft: Draft, fields: Field[]): Omit<ImageChange, 'version'> {
  return Object.fromEntries(fields.map((field) => [field, valueOf(field, draft[field])]));
}

function valueOf(field: Field, text: string): string | null {
  const value = field === 'modality' ? text.trim().toUpperCase() : text.trim();
  return value === '' && field !== 'original_filename' ? null : value;
}
