import { CloseButton, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { Patient } from '../api/types';

interface Props {
  label: string;
  description?: string;
  className?: string | undefined;
  patientId: string | null;
  onChange: (id: string | null) => void;
}

/** Finds a patient by name or id. */
export function PatientSelect({ label, description, className, patientId, onChange }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
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
    <Select
      className={className}
      label={label}
      description={description}
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
  );
}

function labelOf({ name, patient_id, medical_record_number }: Patient): string {
  return [name, medical_record_number ?? patient_id].join(' · ');
}
