import { Button, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconEdit,
  IconFolders,
  IconPhoto,
  IconTrash,
  IconUpload,
  IconUserQuestion,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useNavigate } from 'react-router';
import { Dialog } from '../shell/Dialog';
import { addressOf, studyPage, uploadPage, useAddress } from '../app/address';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { Patient, PatientStudy } from '../api/types';
import { day } from '../format';
import { EmptyState, Failure } from '../shell/states';
import { PatientForm } from './PatientForm';
import classes from './Patients.module.css';
import { sexText } from './sex';

/** One patient with the studies and series that their DICOM files brought. */
export function PatientPage() {
  const [params] = useAddress();
  const id = params.get('patient_id');
  return id === null ? <Navigate to="/patients" replace /> : <Record key={id} id={id} />;
}

function Record({ id }: { id: string }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const patient = useQuery({
    queryKey: ['patients', 'one', id],
    queryFn: ({ signal }) => api.patient(id, signal),
  });
  if (patient.isPending) return <Skeleton height={240} />;
  if (patient.error instanceof ApiError && patient.error.status === 404) {
    return (
      <EmptyState
        whole
        title={t('patients.missingTitle')}
        hint={t('patients.missingHint')}
        icon={<IconUserQuestion size={56} stroke={1.2} />}
      >
        <Button component={Link} to="/patients">
          {t('patients.back')}
        </Button>
      </EmptyState>
    );
  }
  if (patient.isError) return <Failure error={patient.error} onRetry={() => void patient.refetch()} />;
  return (
    <>
      <Head patient={patient.data} />
      <Studies patientId={id} />
    </>
  );
}

function Head({ patient }: { patient: Patient }) {
  const { t } = useTranslation();
  const { user } = useServices();
  const [editing, setEditing] = useState(false);
  const address = addressOf({ patient_id: String(patient.patient_id) });
  return (
    <>
      <div className="page-head">
        <h1>{patient.name}</h1>
        <span className="grow" />
        <Button
          component={Link}
          to={{ pathname: '/studies', ...address }}
          variant="default"
          leftSection={<IconFolders size={18} />}
        >
          {t('patients.worklist')}
        </Button>
        <Button
          component={Link}
          to={{ pathname: '/images', ...address }}
          variant="default"
          leftSection={<IconPhoto size={18} />}
        >
          {t('patients.images')}
        </Button>
        <Button
          component={Link}
          to={uploadPage(String(patient.patient_id))}
          leftSection={<IconUpload size={18} />}
        >
          {t('patients.upload')}
        </Button>
        <Button variant="default" leftSection={<IconEdit size={18} />} onClick={() => setEditing(true)}>
          {t('detail.edit')}
        </Button>
        {user.isAdmin && <DeletePatient patient={patient} />}
      </div>
      <dl className={classes['facts']}>
        <Fact name={t('images.patient')} value={String(patient.patient_id)} />
        <Fact name={t('patients.mrn')} value={patient.medical_record_number} />
        <Fact name={t('patients.sex')} value={sexText(patient.sex, t)} />
        <Fact name={t('patients.birthDate')} value={day(patient.birth_date)} />
      </dl>
      <Dialog opened={editing} onClose={() => setEditing(false)} title={t('edit.title')}>
        <PatientForm patient={patient} onDone={() => setEditing(false)} />
      </Dialog>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value || '—'}</dd>
    </div>
  );
}

function DeletePatient({ patient }: { patient: Patient }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  // As text, like the address that the queries are asked by.
  const id = String(patient.patient_id);
  const remove = useMutation({
    mutationFn: () => api.removePatient(id),
    onSuccess: async () => {
      notifications.show({ message: t('patients.deleted'), color: 'teal' });
      queries.removeQueries({ queryKey: ['patients', 'one', id] });
      void queries.invalidateQueries({ queryKey: ['patients', 'list'] });
      await navigate('/patients');
    },
  });
  return (
    <>
      <Button
        color="red"
        variant="subtle"
        leftSection={<IconTrash size={18} />}
        onClick={() => setAsking(true)}
      >
        {t('patients.delete')}
      </Button>
      <Dialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t('patients.deleteConfirm', { name: patient.name })}
      >
        {remove.isError && <Failure error={remove.error} />}
        <Button mt="md" color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t('patients.delete')}
        </Button>
      </Dialog>
    </>
  );
}

function Studies({ patientId }: { patientId: string }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const studies = useQuery({
    queryKey: ['patients', 'studies', patientId],
    queryFn: ({ signal }) => api.studies(patientId, signal),
  });
  if (studies.isPending) return <Skeleton height={180} />;
  if (studies.isError) return <Failure error={studies.error} onRetry={() => void studies.refetch()} />;
  if (studies.data.items.length === 0) {
    return (
      <EmptyState
        title={t('patients.studies')}
        hint={t('patients.noStudies')}
        icon={<IconFolders size={56} stroke={1.2} />}
      />
    );
  }
  return (
    <div className={classes['studies']}>
      {studies.data.items.map((study) => (
        <StudyPanel key={study.study_id ?? study.study_instance_uid} study={study} />
      ))}
    </div>
  );
}

function StudyPanel({ study }: { study: PatientStudy }) {
  const { t } = useTranslation();
  const id = study.study_id;
  const title = [day(study.study_date) || t('patients.undated'), study.description].filter(Boolean).join(' ');
  return (
    <section className={`panel ${classes['study']}`}>
      <h2>{id === null ? title : <Link to={studyPage(id)}>{title}</Link>}</h2>
      <span className={classes['uid']}>
        {t('patients.files', { count: study.file_count })} · {study.study_instance_uid}
      </span>
      <ul className={classes['series']}>
        {study.series.map((series) => (
          <li key={series.series_id ?? series.series_instance_uid}>
            <strong>{series.modality ?? '—'}</strong>
            {id === null || series.series_id === null ? (
              <span>{series.description}</span>
            ) : (
              <Link to={studyPage(id, null, { series: String(series.series_id) })}>
                {series.description || t('studies.unnamedSeries')}
              </Link>
            )}
            <span>{t('patients.files', { count: series.file_count })}</span>
            <span className={classes['uid']}>{series.series_instance_uid}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
