import type { NewPatient, Patient } from '../api/types';
import type { Texts } from '../shell/merge';
import { SEXES } from './sex';

/** What people may change of a patient. */
export type PatientField = 'name' | 'medical_record_number' | 'sex' | 'birth_date';
export type PatientTexts = Texts<PatientField>;

export const NOTHING_KNOWN: PatientTexts = { name: '', medical_record_number: '', sex: '', birth_date: '' };

export function textsOf({ name, medical_record_number, sex, birth_date }: Patient): PatientTexts {
  return {
    name,
    medical_record_number: medical_record_number ?? '',
    sex: sex ?? '',
    birth_date: birth_date ?? '',
  };
}

/** These fields as the service takes them: it keeps what is not mentioned, and `null` takes a value away. */
export function valuesOf(texts: PatientTexts, fields: PatientField[]): Omit<NewPatient, 'version'> {
  const all = {
    name: texts.name.trim(),
    medical_record_number: texts.medical_record_number.trim() || null,
    sex: SEXES.find((sex) => sex === texts.sex) ?? null,
    birth_date: texts.birth_date || null,
  };
  return Object.fromEntries(fields.map((field) => [field, all[field]]));
}
