import { NativeSelect, TextInput } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { fieldError } from '../i18n/errors';
import { SEXES, sexText } from './sex';
import type { PatientField, PatientTexts } from './texts';

interface Props {
  texts: PatientTexts;
  error: unknown;
  onChange: (field: PatientField, text: string) => void;
}

/** What is known of a patient, to be written. */
export function PatientFields({ texts, error, onChange }: Props) {
  const { t } = useTranslation();
  const labels = patientLabels(t);
  const field = (name: PatientField) => ({
    label: labels[name],
    value: texts[name],
    error: fieldError(error, name, t),
    onChange: (event: { currentTarget: { value: string } }) => onChange(name, event.currentTarget.value),
  });
  return (
    <>
      <TextInput required {...field('name')} />
      <TextInput {...field('medical_record_number')} />
      <NativeSelect
        data={[
          { value: '', label: t('patients.unknown') },
          ...SEXES.map((value) => ({ value, label: sexText(value, t) })),
        ]}
        {...field('sex')}
      />
      <TextInput type="date" {...field('birth_date')} />
    </>
  );
}

export function patientLabels(t: TFunction): Record<PatientField, string> {
  return {
    name: t('patients.name'),
    medical_record_number: t('patients.mrn'),
    sex: t('patients.sex'),
    birth_date: t('patients.birthDate'),
  };
}
