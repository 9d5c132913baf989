import { Button, Checkbox, Skeleton } from '@mantine/core';
import { IconFileUnknown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { StudyWithSeries } from '../api/types';
import { EmptyState, Failure } from '../shell/states';
import { readBeside, withBeside, type Beside } from './beside';
import { ComparePicker } from './ComparePicker';
import { ownerOf } from './filters';
import { SeriesPane } from './SeriesPane';
import { SeriesStrip } from './SeriesStrip';
import { StudyHead } from './StudyHead';
import classes from './StudyPage.module.css';
import { StudyRemarks } from './StudyRemarks';
import { useLinked } from './useLinked';

/** One study: its series as a strip, one of them as a stack, and a second one beside it. */
export function StudyPage() {
  const { t } = useTranslation();
  const { user } = useServices();
  const id = Number(useParams()['id']);
  const [params] = useAddress();
  const of = ownerOf(params.get('uploaded_by') ?? '');
  const study = useStudy(id, of);
  const missing = !Number.isSafeInteger(id) || isMissing(study.error);
  if (missing) {
    return (
      <EmptyState
        whole
        title={t('studies.missingTitle')}
        hint={t(user.isAdmin && of === null ? 'studies.missingAdminHint' : 'studies.missingHint')}
        icon={<IconFileUnknown size={56} stroke={1.2} />}
      >
        <Button component={Link} to="/studies">
          {t('studies.back')}
        </Button>
      </EmptyState>
    );
  }
  if (study.isError && !study.data) {
    return <Failure error={study.error} onRetry={() => void study.refetch()} />;
  }
  if (!study.data) return <Skeleton height={480} />;
  return <Opened key={study.data.id} study={study.data} of={of} />;
}

function useStudy(id: number, of: number | null) {
  const { api } = useServices();
  return useQuery({
    queryKey: ['studies', 'one', id, of],
    queryFn: ({ signal }) => api.study(id, of, signal),
    enabled: Number.isSafeInteger(id),
  });
}

const isMissing = (error: unknown) => error instanceof ApiError && error.status === 404;

function Opened({ study, of }: { study: StudyWithSeries; of: number | null }) {
  const { t } = useTranslation();
  const [params, setParams] = useAddress();
  const [picking, setPicking] = useState(false);
  const asked = Number(params.get('series'));
  const series = study.series.find(({ id }) => id === asked) ?? study.series[0];
  const beside = readBeside(params);
  const panes = useLinked();
  const change = (next: URLSearchParams) => setParams(next, { replace: true });
  const choose = (id: number) => {
    const next = new URLSearchParams(params);
    next.set('series', String(id));
    change(next);
  };
  if (!series) {
    return (
      <EmptyState
        whole
        title={t('studies.noSeries')}
        hint={t('studies.noSeriesHint')}
        icon={<IconFileUnknown size={56} stroke={1.2} />}
      />
    );
  }
  return (
    <article className={classes['page']} data-study={study.id}>
      <StudyHead study={study} of={of} onCompare={() => setPicking(true)} />
      <StudyRemarks study={study} of={of} />
      <div className={classes['columns']}>
        <SeriesStrip series={study.series} chosen={series.id} onChoose={choose} />
        <div className={classes['panes']} data-panes={beside ? 2 : 1}>
          <SeriesPane
            key={series.id}
            study={study}
            series={series}
            of={of}
            isFirst
            isCompared={beside !== null}
            onLook={panes.first}
          />
          {beside && (
            <Other
              key={beside.seriesId}
              beside={beside}
              of={of}
              share={panes.share}
              onLook={panes.second}
              onClose={() => change(withBeside(params, null))}
            />
          )}
        </div>
      </div>
      {beside && (
        <div className={classes['link']}>
          <Checkbox
            label={t('studies.linked')}
            checked={panes.linked}
            onChange={(event) => panes.link(event.currentTarget.checked)}
          />
          <span className="quiet">{t('studies.linkedHint')}</span>
        </div>
      )}
      <ComparePicker
        study={study}
        seriesId={series.id}
        of={of}
        opened={picking}
        onClose={() => setPicking(false)}
        onPick={(next) => {
          setPicking(false);
          change(withBeside(params, next));
        }}
      />
    </article>
  );
}

interface OtherProps {
  beside: Beside;
  of: number | null;
  share: () => number;
  onLook: ReturnType<typeof useLinked>['second'];
  onClose: () => void;
}

/** The series that is compared with. */
function Other({ beside, of, share, onLook, onClose }: OtherProps) {
  const { t } = useTranslation();
  const study = useStudy(beside.studyId, of);
  // Where it begins is where the first one is by then, and does not move it afterwards.
  const [begin] = useState(share);
  const series = study.data?.series.find(({ id }) => id === beside.seriesId);
  if (study.data && series) {
    return (
      <SeriesPane
        study={study.data}
        series={series}
        of={of}
        begin={begin}
        isCompared
        onLook={onLook}
        onClose={onClose}
      />
    );
  }
  const gone = isMissing(study.error) || study.data !== undefined;
  return (
    <div className={classes['pane']}>
      {study.isError && !gone && <Failure error={study.error} onRetry={() => void study.refetch()} />}
      {study.isPending && <Skeleton height="100%" />}
      {gone && (
        <EmptyState title={t('studies.missingTitle')} hint={t('studies.missingHint')}>
          <Button variant="default" onClick={onClose}>
            {t('studies.endCompare')}
          </Button>
        </EmptyState>
      )}
    </div>
  );
}
