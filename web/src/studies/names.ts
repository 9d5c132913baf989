import type { TFunction } from 'i18next';
import type { Study, StudySeries } from '../api/types';
import { day, personName } from '../format';

/** Whose study it is, as its headers say. */
export function patientOf({ patient }: Pick<Study, 'patient'>, t: TFunction): string {
  return personName(patient?.name) || patient?.id?.trim() || t('studies.unnamed');
}

/** A series as people call it. */
export function seriesName(
  { number, description }: Pick<StudySeries, 'number' | 'description'>,
  t: TFunction,
): string {
  const parts = [number === null ? '' : `#${number}`, description?.trim() ?? ''];
  return parts.filter(Boolean).join(' ') || t('studies.unnamedSeries');
}

/** When it was, and what. */
export function studyName({ study_date, modalities, description }: Study, t: TFunction): string {
  const parts = [day(study_date) || t('patients.undated'), modalities.join(', '), description];
  return parts.filter(Boolean).join(' · ');
}
