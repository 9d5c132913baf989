import { SegmentedControl, Skeleton } from '@mantine/core';
import { IconChartBar } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import type { Summary } from '../api/types';
import { bytes, count } from '../format';
import { statusLabel, typeLabel } from '../i18n/labels';
import { EmptyState, Failure } from '../shell/states';
import { BarChart, type Bar } from './BarChart';
import { ByUploader } from './ByUploader';
import { OverTime } from './OverTime';
import classes from './StatisticsPage.module.css';

export function StatisticsPage() {
  const { t } = useTranslation();
  const { api, user } = useServices();
  const [params, setParams] = useAddress();
  const everybody = user.isAdmin && params.get('scope') !== 'mine';
  const summary = useQuery({
    queryKey: ['images', 'summary', everybody],
    queryFn: ({ signal }) => api.summary(everybody, signal),
  });
  return (
    <>
      <div className="page-head">
        <h1>{t('statistics.title')}</h1>
        <span className="grow" />
        {user.isAdmin && (
          <SegmentedControl
            aria-label={t('images.scope')}
            value={everybody ? 'all' : 'mine'}
            data={[
              { value: 'all', label: t('images.scopeAll') },
              { value: 'mine', label: t('images.scopeMine') },
            ]}
            onChange={(value) => setParams(value === 'mine' ? { scope: 'mine' } : {}, { replace: true })}
          />
        )}
      </div>
      {summary.isError && <Failure error={summary.error} onRetry={() => void summary.refetch()} />}
      {summary.isPending && <Skeleton height={360} />}
      {summary.data &&
        (summary.data.total_files === 0 ? (
          <EmptyState
            title={t('statistics.emptyTitle')}
            hint={t('statistics.emptyHint')}
            icon={<IconChartBar size={56} stroke={1.2} />}
          />
        ) : (
          <Charts summary={summary.data} everybody={everybody} />
        ))}
    </>
  );
}

function Charts({ summary, everybody }: { summary: Summary; everybody: boolean }) {
  const { t } = useTranslation();
  const { user } = useServices();
  const own = user.isAdmin && !everybody;
  const listOf = (query: Record<string, string>) =>
    `/images?${new URLSearchParams({ ...query, ...(own ? { scope: 'mine' } : {}) })}`;
  // What stands for no value, or for several, is no filter.
  const by = (filter: string) => (key: string) =>
    key === '' || (filter === 'modality' && key === 'OTHER') ? undefined : listOf({ [filter]: key });
  return (
    <div className={classes['grid']}>
      <div className={classes['figures']}>
        <Figure label={t('statistics.files')} value={count(summary.total_files)} />
        <Figure label={t('statistics.size')} value={bytes(summary.total_size)} />
      </div>
      <OverTime everybody={everybody} listOf={listOf} />
      <BarChart
        title={t('statistics.byModality')}
        bars={barsOf(summary.by_modality, (key) => key || t('statistics.none'), by('modality'))}
      />
      <BarChart
        title={t('statistics.byType')}
        bars={barsOf(summary.by_type, (key) => typeLabel(key, t), by('file_type'))}
      />
      <BarChart
        title={t('statistics.byStatus')}
        bars={barsOf(summary.by_status, (key) => statusLabel(key, t), by('status'))}
      />
      {everybody && <ByUploader total={summary.total_files} />}
    </div>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <section className={`panel ${classes['figure']}`}>
      <span className="quiet">{label}</span>
      <strong>{value}</strong>
    </section>
  );
}

/** The largest first; what nobody has is left out. */
function barsOf(
  counts: Record<string, number>,
  label: (key: string) => string,
  to: (key: string) => string | undefined,
): Bar[] {
  return Object.entries(counts)
    .filter(([, value]) => value > 0)
    .sort(([, left], [, right]) => right - left)
    .map(([key, value]) => ({ label: label(key), value, to: to(key) }));
}
