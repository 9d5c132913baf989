import { Alert, Button } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconUserQuestion } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { StudyWithSeries } from '../api/types';
import { personName } from '../format';
import { severityOf } from '../images/severity';
import { isSameName, patientOf } from '../upload/headers';
import { warningLine } from './StudyMarks';
import { useAssigning } from './useAssigning';

/** What somebody should know before reading: warnings of the files, and that the study belongs to nobody. */
export function StudyRemarks({ study, of }: { study: StudyWithSeries; of: number | null }) {
  return (
    <>
      <Warnings study={study} />
      {study.patient_id === null && <OfNobody study={study} of={of} />}
    </>
  );
}

function Warnings({ study }: { study: StudyWithSeries }) {
  const { t } = useTranslation();
  return (['grave', 'check'] as const).map((severity) => {
    const found = study.warnings.filter((warning) => severityOf(warning) === severity);
    if (found.length === 0) return null;
    const grave = severity === 'grave';
    return (
      <Alert
        key={severity}
        color={grave ? 'red.9' : 'yellow'}
        {...(grave ? { variant: 'filled' } : {})}
        icon={grave ? <IconAlertOctagon /> : <IconAlertTriangle />}
        title={t(`images.severity.${severity}`)}
        role={grave ? 'alert' : 'note'}
        mb="sm"
      >
        {found.map((warning) => (
          <p key={warning.code} className="alert-text">
            {warningLine(warning, t)}
          </p>
        ))}
        {grave && <Identities study={study} />}
      </Alert>
    );
  });
}

/** Both identities side by side, so that the reader can tell them apart at once. */
function Identities({ study }: { study: StudyWithSeries }) {
  const { t } = useTranslation();
  const inside = [study.patient?.id, personName(study.patient?.name)].filter(Boolean).join(' · ');
  return (
    <p className="alert-text">
      {t('detail.patientInImage')}: <b>{inside || '—'}</b>
      <br />
      {t('detail.patientChosen')}: <b>{study.patient_id ?? '—'}</b>
    </p>
  );
}

/** Nothing is given to a patient silently: the page says whom the header names, and somebody decides. */
function OfNobody({ study, of }: { study: StudyWithSeries; of: number | null }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const header = { id: study.patient?.id?.trim() ?? '', name: personName(study.patient?.name) };
  const known = useQuery({
    queryKey: ['patients', 'of-header', header.id],
    queryFn: ({ signal }) => patientOf(api, header, signal),
    enabled: header.id !== '',
  });
  // Where the id is known under another name nobody is proposed.
  const proposed =
    known.data && isSameName(known.data.name, header.name) ? String(known.data.patient_id) : null;
  const assigning = useAssigning(study, of, proposed);
  return (
    <Alert color="cyan" icon={<IconUserQuestion />} role="note" mb="sm">
      <p className="alert-text">
        {header.id === ''
          ? t('studies.ofNobody')
          : t('studies.ofNobodyNamed', { patient: [header.name, header.id].filter(Boolean).join(', ') })}
      </p>
      <Button size="xs" variant="default" loading={assigning.busy} onClick={assigning.ask}>
        {t('studies.assign')}
      </Button>
      {assigning.dialog}
    </Alert>
  );
}
