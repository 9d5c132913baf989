import { Alert, Button, Skeleton, Switch } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowLeft,
  IconChevronLeft,
  IconChevronRight,
  IconColumns2,
  IconDownload,
  IconFileUnknown,
} from '@tabler/icons-react';
import { useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { patientPage, useAddress } from '../app/address';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { Notice, Study, StudyWithSeries } from '../api/types';
import { useDownload } from '../download/useDownload';
import { day, personName } from '../format';
import { noticeText } from '../i18n/errors';
import { severityOf } from '../images/severity';
import { EmptyState, Failure } from '../shell/states';
import type { Stage } from '../viewer/stage';
import { ComparePicker } from './ComparePicker';
import { allFiles } from './files';
import { Reading } from './Reading';
import { SeriesStrip } from './SeriesStrip';
import classes from './StudyPage.module.css';
import { studyPage } from './StudyTable';

/** One study: its series as a strip, one of them as a stack, and a second one beside it. */
export function StudyPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const id = Number(useParams()['id']);
  const [params] = useAddress();
  const uploadedBy = params.get('uploaded_by') ?? '';
  const of = uploadedBy === '' ? null : Number(uploadedBy);
  const study = useQuery({
    queryKey: ['images', 'study', id, of],
    queryFn: ({ signal }) => api.study(id, of, signal),
    enabled: Number.isSafeInteger(id),
  });
  const missing =
    !Number.isSafeInteger(id) || (study.error instanceof ApiError && study.error.status === 404);
  if (missing) {
    return (
      <EmptyState
        whole
        title={t('studies.missingTitle')}
        hint={t('studies.missingHint')}
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

/** What is compared with. */
export interface Other {
  seriesId: number;
  label: string;
}

function Opened({ study, of }: { study: StudyWithSeries; of: number | null }) {
  const { t } = useTranslation();
  const [params, setParams] = useAddress();
  const asked = Number(params.get('series'));
  const series = study.series.find(({ id }) => id === asked) ?? study.series[0];
  const [picking, setPicking] = useState(false);
  const [other, setOther] = useState<Other | null>(null);
  const [linked, setLinked] = useState(true);
  const panes = useLinked(linked);
  const choose = (id: number) => {
    const next = new URLSearchParams(params);
    next.set('series', String(id));
    setParams(next, { replace: true });
  };
  return (
    <article data-study={study.id}>
      <Head study={study} of={of} compare={() => setPicking(true)} />
      <Warnings study={study} />
      <div className={classes['columns']}>
        <SeriesStrip series={study.series} chosen={series?.id ?? null} onChoose={choose} />
        <div className={classes['panes']} data-panes={other ? 2 : 1}>
          {series ? (
            <Reading key={series.id} seriesId={series.id} of={of} title={titleOf(series)} onLook={panes.first} />
          ) : (
            <EmptyState
              title={t('studies.noSeries')}
              hint={t('studies.noSeriesHint')}
              icon={<IconFileUnknown size={56} stroke={1.2} />}
            />
          )}
          {other && (
            <Reading
              key={other.seriesId}
              seriesId={other.seriesId}
              of={of}
              title={other.label}
              onLook={panes.second}
            />
          )}
        </div>
      </div>
      {other && (
        <div className={classes['link']}>
          <Switch
            label={t('studies.linked')}
            checked={linked}
            onChange={(event) => setLinked(event.currentTarget.checked)}
          />
          <Button variant="default" size="xs" onClick={() => setOther(null)}>
            {t('studies.endCompare')}
          </Button>
        </div>
      )}
      <ComparePicker
        study={study}
        of={of}
        opened={picking}
        onClose={() => setPicking(false)}
        onPick={(next) => {
          setPicking(false);
          setOther(next);
        }}
      />
    </article>
  );
}

/** A series as people call it. */
export function titleOf({ number, description }: { number: number | null; description: string | null }): string {
  return [number === null ? '' : `#${number}`, description ?? ''].filter(Boolean).join(' ');
}

interface Pane {
  stage: Stage | null;
  at: number;
}

/** Two stacks that move together: the other one follows by as many slices. */
function useLinked(linked: boolean) {
  const panes = useRef<[Pane, Pane]>([
    { stage: null, at: 0 },
    { stage: null, at: 0 },
  ]);
  const on = useRef(linked);
  useEffect(() => {
    on.current = linked;
  }, [linked]);
  const look = useCallback((which: 0 | 1, index: number, stage: Stage) => {
    const [own, other] = which === 0 ? panes.current : ([...panes.current].reverse() as [Pane, Pane]);
    const moved = own.stage === stage ? index - own.at : 0;
    own.stage = stage;
    own.at = index;
    if (!on.current || moved === 0 || !other.stage?.isOpen) return;
    // What it comes to by this is no move of its own.
    const to = Math.max(0, Math.min(other.stage.view().frames - 1, other.at + moved));
    if (to === other.at) return;
    other.at = to;
    void other.stage.showFrame(to + 1);
  }, []);
  const first = useCallback((index: number, stage: Stage) => look(0, index, stage), [look]);
  const second = useCallback((index: number, stage: Stage) => look(1, index, stage), [look]);
  return { first, second };
}

function Head({ study, of, compare }: { study: StudyWithSeries; of: number | null; compare: () => void }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const download = useDownload();
  const [busy, setBusy] = useState(false);
  const name = personName(study.patient?.name);
  const facts = [
    day(study.study_date) || t('patients.undated'),
    study.modalities.join(', '),
    study.description,
    study.accession_number,
    t('patients.files', { count: study.file_count }),
  ];
  const save = async () => {
    setBusy(true);
    try {
      const files = await allFiles((cursor) => api.studyFiles(study.id, { cursor, uploaded_by: of, page_size: 100 }));
      await download(files, [name || 'study', study.study_date ?? '', study.modalities.join('+')].join(' ').trim());
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="page-head">
      <Button
        component={Link}
        to={of === null ? '/studies' : `/studies?uploaded_by=${of}`}
        variant="subtle"
        leftSection={<IconArrowLeft size={18} />}
      >
        {t('studies.back')}
      </Button>
      <div className={classes['head']}>
        <h1>{name || study.patient?.id || t('studies.unnamed')}</h1>
        <span className="quiet">
          {study.patient_id === null ? (
            study.patient?.id
          ) : (
            <Link to={patientPage(study.patient_id)}>{String(study.patient_id)}</Link>
          )}{' '}
          · {facts.filter(Boolean).join(' · ')}
        </span>
      </div>
      <span className="grow" />
      <Neighbours id={study.id} of={of} />
      <Button variant="default" leftSection={<IconColumns2 size={18} />} onClick={compare}>
        {t('studies.compare')}
      </Button>
      <Button leftSection={<IconDownload size={18} />} loading={busy} onClick={() => void save()}>
        {t('studies.download')}
      </Button>
    </div>
  );
}

/** The studies before and after this one, in the list that one came from. */
function Neighbours({ id, of }: { id: number; of: number | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const lists = queries.getQueriesData<InfiniteData<{ items: Study[] }>>({ queryKey: ['images', 'studies'] });
  const order = lists
    .map(([, list]) => list?.pages.flatMap(({ items }) => items.map((study) => study.id)) ?? [])
    .find((ids) => ids.includes(id));
  if (!order) return null;
  const at = order.indexOf(id);
  const by = of === null ? '' : String(of);
  const link = (to: number | undefined, label: string, icon: React.ReactNode) =>
    to === undefined ? null : (
      <Button component={Link} to={studyPage(to, by)} variant="default" px={8} aria-label={label} title={label}>
        {icon}
      </Button>
    );
  return (
    <>
      {link(order[at - 1], t('studies.previous'), <IconChevronLeft size={18} />)}
      {link(order[at + 1], t('studies.next'), <IconChevronRight size={18} />)}
    </>
  );
}

function Warnings({ study }: { study: StudyWithSeries }) {
  const { t } = useTranslation();
  const shown = study.warnings.filter((warning) => severityOf(warning) !== 'harmless');
  if (shown.length === 0) return null;
  const grave = shown.some((warning) => severityOf(warning) === 'grave');
  return (
    <Alert color={grave ? 'red' : 'yellow'} icon={<IconAlertTriangle />} mb="md" title={t('detail.warnings')}>
      {shown.map(({ code, file_count }) => (
        <p key={code} className="alert-text">
          {t('patients.files', { count: file_count })}
          {t('upload.colon')}
          {noticeText({ code, message: code } as Notice, t)}
        </p>
      ))}
    </Alert>
  );
}
