import { Button, CloseButton, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconUserPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../shell/Dialog';
import { useServices } from '../app/context';
import type { Patient } from '../api/types';
import { PatientForm } from '../patients/PatientForm';
import classes from './PatientChoice.module.css';

interface Props {
  patientId: string | null;
  onChange: (id: string | null) => void;
}

/** Chooses or creates the patient that files added from now on belong to. */
export function PatientChoice({ patientId, onChange }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [creating, setCreating] = useState(false);
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, 250);
  const found = useQuery({
    queryKey: ['patients', 'choice', search],
    queryFn: ({ signal }) => api.patients({ search }, signal),
    placeholderData: keepPreviousData,
  });
  const chosen = useQuery({
    queryKey: ['patients', 'one', patientId],
    queryFn: ({ signal }) => api.patient(patientId ?? '', signal),
    enabled: patientId !== null,
  });
  const choices = new Map(
    (found.data?.items ?? []).map((patient) => [String(patient.patient_id), labelOf(patient)]),
  );
  if (patientId !== null && chosen.data) choices.set(patientId, labelOf(chosen.data));

  return (
    <div className={classes['choice']}>
      <Select
        className={classes['select']}
        label={t('upload.patient')}
        description={t('upload.patientHint')}
        placeholder={t('upload.patientSearch')}
        nothingFoundMessage={t('upload.patientNone')}
        searchable
        rightSection={
          patientId !== null && (
            <CloseButton size="sm" aria-label={t('upload.patientClear')} onClick={() => onChange(null)} />
          )
        }
        rightSectionPointerEvents="all"
        filter={({ options }) => options}
        data={[...choices].map(([value, label]) => ({ value, label }))}
        value={patientId}
        searchValue={text}
        onSearchChange={setText}
        onChange={onChange}
      />
      <Button variant="default" leftSection={<IconUserPlus size={18} />} onClick={() => setCreating(true)}>
        {t('upload.patientNew')}
      </Button>
      <Dialog opened={creating} onClose={() => setCreating(false)} title={t('upload.patientNew')}>
        <PatientForm
          onSaved={(patient) => {
            setCreating(false);
            onChange(String(patient.patient_id));
          }}
        />
      </Dialog>
    </div>
  );
}

function labelOf({ name, patient_id, medical_record_number }: Patient): string {
  return [name, medical_record_number ?? patient_id].join(' · ');
}
