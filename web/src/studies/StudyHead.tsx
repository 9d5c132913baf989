import { Button } from '@mantine/core';
import { IconArrowLeft, IconColumns2, IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { patientPage } from '../app/address';
import { useServices } from '../app/context';
import type { StudyWithSeries } from '../api/types';
import { day } from '../format';
import { sexText } from '../patients/sex';
import { goBack } from '../shell/goBack';
import { allFiles } from './files';
import { patientOf } from './names';
import { StudyMenu } from './StudyMenu';
import { StudyNeighbours } from './StudyNeighbours';
import classes from './StudyPage.module.css';
import { useSaving } from './useSaving';

interface Props {
  study: StudyWithSeries;
  of: number | null;
  onCompare: () => void;
}

/** Whose study it is and what, and what can be done with all of it. */
export function StudyHead({ study, of, onCompare }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const navigate = useNavigate();
  const saving = useSaving();
  const name = patientOf(study, t);
  const save = () =>
    saving.save(
      () => allFiles((page) => api.studyFiles(study.id, { ...page, uploaded_by: of })),
      [name, study.study_date, study.modalities.join('+')].filter(Boolean).join(' '),
    );
  return (
    <div className="page-head">
      <Button
        component={Link}
        to={of === null ? '/studies' : `/studies?uploaded_by=${of}`}
        variant="subtle"
        leftSection={<IconArrowLeft size={18} />}
        onClick={(event) => goBack(event, navigate)}
      >
        {t('studies.back')}
      </Button>
      <div className={classes['head']}>
        <h1>{name}</h1>
        <Facts study={study} />
      </div>
      <span className="grow" />
      <StudyNeighbours id={study.id} of={of} />
      <Button variant="default" leftSection={<IconColumns2 size={18} />} onClick={onCompare}>
        {t('studies.compare')}
      </Button>
      <Button leftSection={<IconDownload size={18} />} loading={saving.busy} onClick={() => void save()}>
        {t('studies.download')}
      </Button>
      <StudyMenu study={study} of={of} />
    </div>
  );
}

function Facts({ study }: { study: StudyWithSeries }) {
  const { t } = useTranslation();
  const { patient } = study;
  const facts = [
    patient?.sex && sexText(patient.sex, t),
    day(patient?.birth_date),
    [day(study.study_date) || t('patients.undated'), study.study_time?.slice(0, 5)].filter(Boolean).join(' '),
    study.modalities.join(', '),
    study.description,
    study.accession_number,
    t('patients.files', { count: study.file_count }),
  ];
  return (
    <span className="quiet">
      <PatientIds study={study} /> · {facts.filter(Boolean).join(' · ')}
    </span>
  );
}

/** The id beside the name is that of the same header; whom somebody gave the study to is said apart if it is another one. */
function PatientIds({ study: { patient, patient_id } }: { study: StudyWithSeries }) {
  const { t } = useTranslation();
  const inHeader = patient?.id?.trim() ?? '';
  if (patient_id === null) return inHeader;
  const link = <Link to={patientPage(patient_id)}>{String(patient_id)}</Link>;
  if (inHeader === '' || inHeader === String(patient_id)) return link;
  return (
    <>
      {inHeader} · {t('detail.patientChosen')}: {link}
    </>
  );
}
