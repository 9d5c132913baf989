import { Button, Skeleton } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { Study, StudySeries, StudyWithSeries } from '../api/types';
import { Dialog } from '../shell/Dialog';
import { Failure } from '../shell/states';
import type { Beside } from './beside';
import { seriesName, studyName } from './names';
import { priorsOf } from './priors';
import classes from './StudyPage.module.css';

interface Props {
  study: StudyWithSeries;
  /** What is looked at. */
  seriesId: number;
  of: number | null;
  opened: boolean;
  onClose: () => void;
  onPick: (beside: Beside) => void;
}

/** Chooses what a series is compared with: another one of the study, or one of the patient's other studies. */
export function ComparePicker({ opened, onClose, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('studies.compareTitle')} size="lg">
      {opened && <Choices {...rest} />}
    </Dialog>
  );
}

function Choices({ study, seriesId, of, onPick }: Omit<Props, 'opened' | 'onClose'>) {
  const { t } = useTranslation();
  const { api } = useServices();
  const found = useQuery({
    queryKey: ['studies', 'priors', study.id, of],
    queryFn: ({ signal }) => priorsOf(api, study, of, signal),
  });
  const priors = found.data ?? [];
  const details = useQueries({
    queries: priors.map(({ id }) => ({
      queryKey: ['studies', 'one', id, of],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.study(id, of, signal),
    })),
  });
  const others = study.series.filter(({ id }) => id !== seriesId);
  const group = (title: string, from: Study, series: readonly StudySeries[]) => (
    <Group
      key={from.id}
      title={title}
      series={series}
      onPick={(id) => onPick({ studyId: from.id, seriesId: id })}
    />
  );
  return (
    <>
      {found.isPending && <Skeleton height={60} mb="sm" />}
      {found.isError && <Failure error={found.error} onRetry={() => void found.refetch()} />}
      {details.map(({ data, error, refetch }, index) => {
        const prior = priors[index];
        if (!prior) return null;
        if (error) return <Failure key={prior.id} error={error} onRetry={() => void refetch()} />;
        if (!data) return <Skeleton key={prior.id} height={60} mb="sm" />;
        return group(studyName(prior, t), prior, data.series);
      })}
      {found.isSuccess && priors.length === 0 && <p className="quiet">{t('studies.noPriors')}</p>}
      {others.length > 0 && group(t('studies.thisStudy'), study, others)}
    </>
  );
}

interface GroupProps {
  title: string;
  series: readonly StudySeries[];
  onPick: (id: number) => void;
}

function Group({ title, series, onPick }: GroupProps) {
  const { t } = useTranslation();
  return (
    <section className={classes['choices']}>
      <h3>{title}</h3>
      {series.map((each) => (
        <Button key={each.id} variant="default" justify="start" onClick={() => onPick(each.id)}>
          {[seriesName(each, t), each.modality, t('patients.files', { count: each.file_count })]
            .filter(Boolean)
            .join(' · ')}
        </Button>
      ))}
    </section>
  );
}
