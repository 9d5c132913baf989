import { Alert, Button, NativeSelect, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { Patient } from '../api/types';
import { fieldError } from '../i18n/errors';
import { useUnsaved } from '../shell/Dialog';
import { Failure } from '../shell/states';
import { SEXES, sexText } from './sex';

/** Creates a patient, or corrects one. The id is the hospital's: what the DICOM headers of this patient carry. */
export function PatientForm({
  patient,
  onSaved,
}: {
  patient?: Patient;
  onSaved: (patient: Patient) => void;
}) {
  const { t } = useTranslation();
  const { api } = useServices();
  const queries = useQueryClient();
  const [start] = useState({
    patient_id: String(patient?.patient_id ?? ''),
    name: patient?.name ?? '',
    medical_record_number: patient?.medical_record_number ?? '',
    sex: patient?.sex ?? '',
    birth_date: patient?.birth_date ?? '',
  });
  const [values, setValues] = useState(start);
  const [version, setVersion] = useState(patient?.version ?? null);
  const save = useMutation({
    mutationFn: () => api.putPatient(values.patient_id.trim(), { ...wholeOf(values), version }),
    onError: (error) => {
      // Who has read what is there now, and saves again, means it. A new patient who is there already is another one.
      const current = patient && currentOf(error);
      if (current) setVersion(current.version);
    },
    onSuccess: async (saved) => {
      notifications.show({ message: t('patients.created', { name: saved.name }), color: 'teal' });
      await queries.invalidateQueries({ queryKey: ['patients'] });
      onSaved(saved);
    },
  });
  const errorOf = (key: keyof typeof values) => {
    const text = fieldError(save.error, key, t);
    // Of a patient who is being added, the rule for ids is what matters.
    return text && key === 'patient_id' ? t('field.new_patient_id') : text;
  };
  const field = (key: keyof typeof values) => ({
    value: values[key],
    error: errorOf(key),
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setValues((before) => ({ ...before, [key]: value }));
    },
  });
  useUnsaved(
    !save.isSuccess &&
      (Object.keys(start) as (keyof typeof start)[]).some((key) => values[key] !== start[key]),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="form">
      <TextInput
        label={t('images.patient')}
        required
        disabled={patient !== undefined}
        data-autofocus
        {...field('patient_id')}
      />
      <TextInput label={t('patients.name')} required {...field('name')} />
      <TextInput label={t('patients.mrn')} {...field('medical_record_number')} />
      <NativeSelect
        label={t('patients.sex')}
        data={[
          { value: '', label: t('patients.unknown') },
          ...SEXES.map((value) => ({ value, label: sexText(value, t) })),
        ]}
        {...field('sex')}
      />
      <TextInput label={t('patients.birthDate')} type="date" {...field('birth_date')} />
      {save.isError && <Unsaved error={save.error} isNew={patient === undefined} />}
      <Button type="submit" loading={save.isPending}>
        {t('patients.save')}
      </Button>
    </form>
  );
}

/** Why it was not saved: somebody else was faster, or the patient exists already, or anything else. */
function Unsaved({ error, isNew }: { error: Error; isNew: boolean }) {
  const { t } = useTranslation();
  if (!(error instanceof ApiError) || error.code !== 'version_conflict') return <Failure error={error} />;
  const current = currentOf(error);
  const facts = [
    current?.name,
    current?.medical_record_number,
    current && sexText(current.sex, t),
    current?.birth_date,
  ];
  return (
    <Alert color="red" variant="light" title={t('error.title')} role="alert">
      <p className="alert-text">{t(isNew ? 'patients.exists' : 'patients.changedMeanwhile')}</p>
      <p className="alert-text">{facts.filter(Boolean).join(' · ')}</p>
    </Alert>
  );
}

/** The patient as they are now, in the answer to a change of another version. */
function currentOf(error: unknown): Patient | undefined {
  return error instanceof ApiError ? (error.problem.extra['current'] as Patient | undefined) : undefined;
}

/** An empty field is no value. */
function wholeOf(
  values: Record<'patient_id' | 'name' | 'medical_record_number' | 'sex' | 'birth_date', string>,
) {
  return {
    name: values.name.trim(),
    medical_record_number: values.medical_record_number.trim() || null,
    sex: SEXES.find((sex) => sex === values.sex) ?? null,
    birth_date: values.birth_date || null,
  };
}
