import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { month } from '../format';
import { Failure } from '../shell/states';
import { BarChart } from './BarChart';
import { countMonths } from './counts';

/** How many files came in each of the last months. A month without files is one, too. */
export function OverTime({
  everybody,
  listOf,
}: {
  everybody: boolean;
  listOf: (query: Record<string, string>) => string;
}) {
  const { t } = useTranslation();
  const { api } = useServices();
  const months = useQuery({
    queryKey: ['images', 'months', everybody],
    queryFn: ({ signal }) => countMonths(api, everybody, new Date(), signal),
    staleTime: 60_000,
  });
  if (months.isPending) return <Skeleton height={420} />;
  if (months.isError) return <Failure error={months.error} onRetry={() => void months.refetch()} />;
  return (
    <BarChart
      title={t('statistics.byMonth')}
      bars={months.data.map(({ first, last, count }) => ({
        label: month(first),
        value: count,
        to: count === 0 ? undefined : listOf({ start_date: first, end_date: last }),
      }))}
    />
  );
}
