import { Button, Skeleton } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { StudySeries, StudyWithSeries } from '../api/types';
import { day } from '../format';
import { Dialog } from '../shell/Dialog';
import { Failure } from '../shell/states';
import { titleOf, type Other } from './StudyPage';
import classes from './StudyPage.module.css';

interface Props {
  study: StudyWithSeries;
  of: number | null;
  opened: boolean;
  onClose: () => void;
  onPick: (other: Other) => void;
}

/** So many other studies of a patient are offered, the newest first. */
const OFFERED = 10;

/** Chooses what a series is compared with: another one of the study, or one of the patient's other studies. */
export function ComparePicker({ opened, onClose, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('studies.compareTitle')} size="lg">
      {opened && <Choices {...rest} />}
    </Dialog>
  );
}

function Choices({ study, of, onPick }: Omit<Props, 'opened' | 'onClose'>) {
  const { t } = useTranslation();
  const { api } = useServices();
  const patient = study.patient?.id ?? '';
  const found = useQuery({
    queryKey: ['images', 'priors', patient, study.patient_id, of],
    queryFn: ({ signal }) =>
      study.patient_id === null
        ? api.worklist({ search: patient, uploaded_by: of, page_size: OFFERED }, signal)
        : api.worklist({ patient_id: String(study.patient_id), uploaded_by: of, page_size: OFFERED }, signal),
    enabled: patient !== '' || study.patient_id !== null,
  });
  // A search also finds those whose id only contains this one.
  const priors = (found.data?.items ?? []).filter(
    (other) => other.id !== study.id && (study.patient_id !== null || other.patient?.id === patient),
  );
  const details = useQueries({
    queries: priors.map(({ id }) => ({
      queryKey: ['images', 'study', id, of],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.study(id, of, signal),
    })),
  });
  const labelOf = (date: string | null, series: StudySeries) =>
    [day(date), titleOf(series)].filter(Boolean).join(' ');
  const group = (title: string, date: string | null, series: readonly StudySeries[]) => (
    <section key={title} className={classes['choices']}>
      <h3>{title}</h3>
      {series.map((each) => (
        <Button
          key={each.id}
          variant="default"
          justify="start"
          onClick={() => onPick({ seriesId: each.id, label: labelOf(date, each) })}
        >
          {[titleOf(each) || t('studies.unnamedSeries'), each.modality, t('patients.files', { count: each.file_count })]
            .filter(Boolean)
            .join(' · ')}
        </Button>
      ))}
    </section>
  );
  return (
    <>
      {group(t('studies.thisStudy'), study.study_date, study.series)}
      {found.isError && <Failure error={found.error} onRetry={() => void found.refetch()} />}
      {details.map(({ data }, index) => {
        const prior = priors[index];
        if (!prior) return null;
        if (!data) return <Skeleton key={prior.id} height={60} mt="sm" />;
        const title = [day(prior.study_date) || t('patients.undated'), prior.modalities.join(', '), prior.description];
        return group(title.filter(Boolean).join(' · '), prior.study_date, data.series);
      })}
      {found.isSuccess && priors.length === 0 && <p className="quiet">{t('studies.noPriors')}</p>}
    </>
  );
}
