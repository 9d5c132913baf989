import { Button, Skeleton } from '@mantine/core';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { Dialog } from '../shell/Dialog';
import { patientPage, useAddress } from '../app/address';
import { useServices } from '../app/context';
import type { Patient } from '../api/types';
import { day } from '../format';
import { SearchField } from '../shell/SearchField';
import { EmptyState, Failure, LoadMore } from '../shell/states';
import { useFirstItems } from '../shell/useFirstItems';
import { NewPatientForm } from './NewPatientForm';
import tables from '../shell/Table.module.css';
import { sexText } from './sex';

export function PatientsPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const [params] = useAddress();
  const search = params.get('search') ?? '';
  const list = useInfiniteQuery({
    queryKey: ['patients', 'list', search],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => api.patients({ search, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const patients = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const isLooking = useFirstItems(list, list.isSuccess && patients.length === 0);

  return (
    <>
      <div className="page-head">
        <h1>{t('patients.title')}</h1>
        <SearchField label={t('patients.searchLabel')} />
        <span className="grow" />
        <Button leftSection={<IconUserPlus size={18} />} onClick={() => setCreating(true)}>
          {t('patients.add')}
        </Button>
      </div>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {(list.isPending || isLooking) && <Skeleton height={320} />}
      {list.isSuccess && patients.length === 0 && !isLooking && (
        <EmptyState
          title={t(search ? 'patients.noneTitle' : 'patients.emptyTitle')}
          hint={t(search ? 'patients.noneHint' : 'patients.emptyHint')}
          icon={<IconUsers size={56} stroke={1.2} />}
        />
      )}
      {patients.length > 0 && <PatientTable patients={patients} />}
      {!isLooking && <LoadMore list={list} />}
      <Dialog opened={creating} onClose={() => setCreating(false)} title={t('patients.add')}>
        <NewPatientForm onSaved={({ patient_id }) => void navigate(patientPage(patient_id))} />
      </Dialog>
    </>
  );
}

function PatientTable({ patients }: { patients: Patient[] }) {
  const { t } = useTranslation();
  return (
    <div className={tables['frame']}>
      <table className={tables['table']}>
        <thead>
          <tr>
            <th>{t('patients.name')}</th>
            <th>{t('images.patient')}</th>
            <th>{t('patients.mrn')}</th>
            <th>{t('patients.sex')}</th>
            <th>{t('patients.birthDate')}</th>
          </tr>
        </thead>
        <tbody>
          {patients.map((patient) => (
            <tr key={patient.patient_id}>
              <td>
                <Link to={patientPage(patient.patient_id)}>{patient.name}</Link>
              </td>
              <td>{patient.patient_id}</td>
              <td>{patient.medical_record_number}</td>
              <td>{sexText(patient.sex, t)}</td>
              <td>{day(patient.birth_date)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
