import { Button, TextInput } from '@mantine/core';
import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { Patient } from '../api/types';
import { Conflict } from '../shell/Conflict';
import { Failure } from '../shell/states';
import { useMerging } from '../shell/useMerging';
import { PatientFields, patientLabels } from './PatientFields';
import { sexText } from './sex';
import { textsOf, valuesOf, type PatientField } from './texts';
import { useSavedPatient } from './useSavedPatient';

/** Corrects what is known of a patient. The id is the hospital's and stays. */
export function PatientForm({ patient, onDone }: { patient: Patient; onDone: () => void }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const editing = useMerging<Patient, PatientField>({
    record: patient,
    textsOf,
    send: (texts, fields, { patient_id, version }) =>
      api.putPatient(String(patient_id), { ...valuesOf(texts, fields), version }),
    onSaved: useSavedPatient(onDone),
    onUnchanged: onDone,
  });
  const shown = (field: PatientField, text: string) => (field === 'sex' ? sexText(text, t) : text);
  const rows = editing.conflict?.map(({ field, mine, theirs }) => ({
    field,
    mine: shown(field, mine),
    theirs: shown(field, theirs),
  }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    editing.submit();
  };
  return (
    <form onSubmit={submit} className="form">
      {rows && (
        <Conflict
          title={t('patients.conflictTitle')}
          labels={patientLabels(t)}
          rows={rows}
          onResolve={editing.resolve}
        />
      )}
      {editing.error && <Failure error={editing.error} />}
      <TextInput label={t('images.patient')} disabled value={String(patient.patient_id)} />
      <PatientFields texts={editing.draft} error={editing.error} onChange={editing.change} />
      <Button type="submit" loading={editing.isSaving} disabled={editing.conflict !== null}>
        {t('patients.save')}
      </Button>
    </form>
  );
}
