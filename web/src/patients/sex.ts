import type { TFunction } from 'i18next';
import type { NewPatient } from '../api/types';

type Sex = NonNullable<NewPatient['sex']>;

/** Patient's Sex (0010,0040), DICOM PS3.3 C.7.1.1: M, F, O or empty. */
const NAMES = { M: 'patients.male', F: 'patients.female', O: 'patients.other' } as const;
export const SEXES = Object.keys(NAMES) as Sex[];

export function sexText(value: string | null, t: TFunction): string {
  const sex = SEXES.find((one) => one === value);
  return sex ? t(NAMES[sex]) : '';
}
