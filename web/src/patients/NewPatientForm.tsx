import { Alert, Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { Patient } from '../api/types';
import { fieldError } from '../i18n/errors';
import { useUnsaved } from '../shell/Dialog';
import { changedFields } from '../shell/merge';
import { Failure } from '../shell/states';
import { PatientFields } from './PatientFields';
import { sexText } from './sex';
import { NOTHING_KNOWN, valuesOf } from './texts';
import { useSavedPatient } from './useSavedPatient';

/** Creates a patient. The id is the hospital's: what the DICOM headers of this patient carry. */
export function NewPatientForm({ onSaved }: { onSaved: (patient: Patient) => void }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [id, setId] = useState('');
  const [texts, setTexts] = useState(NOTHING_KNOWN);
  const known = changedFields(texts, NOTHING_KNOWN);
  const save = useMutation({
    mutationFn: () => api.putPatient(id.trim(), valuesOf(texts, known)),
    onSuccess: useSavedPatient(onSaved),
  });
  useUnsaved(!save.isSuccess && (id !== '' || known.length > 0));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="form">
      <TextInput
        label={t('images.patient')}
        required
        data-autofocus
        value={id}
        // Of a patient who is being added, the rule for ids is what matters.
        error={fieldError(save.error, 'patient_id', t) && t('field.new_patient_id')}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <PatientFields
        texts={texts}
        error={save.error}
        onChange={(field, text) => setTexts((before) => ({ ...before, [field]: text }))}
      />
      {save.isError && <NotAdded error={save.error} />}
      <Button type="submit" loading={save.isPending}>
        {t('patients.save')}
      </Button>
    </form>
  );
}

/** Why nobody was added: the patient exists already, or anything else. */
function NotAdded({ error }: { error: Error }) {
  const { t } = useTranslation();
  if (!(error instanceof ApiError) || error.code !== 'version_conflict') return <Failure error={error} />;
  const there = error.problem.extra['current'] as Patient | undefined;
  const facts = there && [there.name, there.medical_record_number, sexText(there.sex, t), there.birth_date];
  return (
    <Alert color="red" variant="light" title={t('error.title')} role="alert">
      <p className="alert-text">{t('patients.exists')}</p>
      <p className="alert-text">{facts?.filter(Boolean).join(' · ')}</p>
    </Alert>
  );
}
