import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { Failure } from '../shell/states';
import { BarChart } from './BarChart';
import { countUploaders } from './counts';

/** Who uploaded how many files: for administrators, and only when they ask, because each uploader is a request. */
export function ByUploader({ total }: { total: number }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [asked, setAsked] = useState(false);
  const counts = useQuery({
    queryKey: ['images', 'uploaders'],
    queryFn: ({ signal }) => countUploaders(api, signal),
    enabled: asked,
    staleTime: 60_000,
  });
  if (!counts.data) {
    return (
      <section className="panel">
        <h2>{t('statistics.byUploader')}</h2>
        {counts.isError ? (
          <Failure error={counts.error} onRetry={() => void counts.refetch()} />
        ) : (
          <Button variant="default" loading={counts.isFetching} onClick={() => setAsked(true)}>
            {t('statistics.countUploaders')}
          </Button>
        )}
      </section>
    );
  }
  const bars = counts.data
    .filter(({ count }) => count > 0)
    .map(({ person, count }) => ({
      key: String(person.id),
      label: person.name,
      value: count,
      to: `/images?uploaded_by=${person.id}`,
    }));
  // Whoever uploaded before there was a list of users, and whoever is beyond those that are counted.
  const others = total - counts.data.reduce((sum, { count }) => sum + count, 0);
  if (others > 0) bars.push({ key: 'others', label: t('statistics.otherUploaders'), value: others, to: '' });
  return <BarChart title={t('statistics.byUploader')} bars={bars} />;
}
