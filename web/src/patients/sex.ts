import type { TFunction } from 'i18next';

/** Patient's Sex (0010,0040), DICOM PS3.3 C.7.1.1: M, F, O or empty. */
export function sexText(sex: string | null, t: TFunction): string {
  if (sex === 'M') return t('patients.male');
  if (sex === 'F') return t('patients.female');
  if (sex === 'O') return t('patients.other');
  return '';
}
