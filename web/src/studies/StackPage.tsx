import { Button } from '@mantine/core';
import { IconArrowLeft, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { eachOf } from '../images/eachOf';
import { EmptyState, Failure } from '../shell/states';
import { Opening, SeriesViewer } from '../viewer/LazySeriesViewer';
import { inReadingOrder } from './order';
import classes from './StackPage.module.css';

/** Files that were chosen in a list, read as one stack. Which ones is in the history of the browser and in no address. */
export function StackPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const navigate = useNavigate();
  const ids = idsOf(useLocation().state);
  const files = useQuery({
    queryKey: ['stack', ids],
    queryFn: async ({ signal }) => {
      const found: ImageFile[] = [];
      const { failures } = await eachOf([...ids], async (id) => found.push(await api.image(id, signal)));
      if (failures[0] && found.length === 0) throw failures[0].error;
      return inReadingOrder(found);
    },
    enabled: ids.length > 0,
    // The order must not change under the eyes of whoever reads.
    staleTime: Infinity,
    gcTime: 60_000,
  });
  if (ids.length === 0) {
    return (
      <EmptyState
        whole
        title={t('stack.emptyTitle')}
        hint={t('stack.emptyHint')}
        icon={<IconStack2 size={56} stroke={1.2} />}
      >
        <Button component={Link} to="/images">
          {t('detail.back')}
        </Button>
      </EmptyState>
    );
  }
  return (
    <>
      <div className="page-head">
        <Button variant="subtle" leftSection={<IconArrowLeft size={18} />} onClick={() => void navigate(-1)}>
          {t('detail.back')}
        </Button>
        <h1>{t('stack.title', { count: files.data?.length ?? ids.length })}</h1>
      </div>
      {files.isError && <Failure error={files.error} onRetry={() => void files.refetch()} />}
      {files.isPending && (
        <div className={classes['film']}>
          <Opening />
        </div>
      )}
      {files.data && (
        <div className={classes['film']}>
          <SeriesViewer files={files.data} first={0} title="" />
        </div>
      )}
    </>
  );
}

function idsOf(state: unknown): readonly number[] {
  const ids = (state as { ids?: unknown } | null)?.ids;
  return Array.isArray(ids) ? ids.filter((id): id is number => Number.isSafeInteger(id)) : [];
}
