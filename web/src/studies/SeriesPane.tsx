import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconDownload, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { Study, StudySeries } from '../api/types';
import { day } from '../format';
import { Failure } from '../shell/states';
import { Opening } from '../viewer/LazySeriesViewer';
import type { Stage } from '../viewer/stage';
import { Archived } from './Archived';
import { allFiles } from './files';
import { patientOf, seriesName } from './names';
import { Reading } from './Reading';
import classes from './StudyPage.module.css';
import { useSaving } from './useSaving';

interface Props {
  study: Study;
  series: StudySeries;
  of: number | null;
  /** The keys are for this one, until somebody clicks into another. */
  isFirst?: boolean;
  /** There are two: each says of when it is. */
  isCompared: boolean;
  /** How far through the stack it begins, from 0 to 1. */
  begin?: number;
  onLook: (index: number, stage: Stage) => void;
  onClose?: () => void;
}

/** A series with its name and its download. */
export function SeriesPane({
  study,
  series,
  of,
  isFirst = false,
  isCompared,
  begin = 0,
  onLook,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const saving = useSaving();
  const files = useQuery({
    queryKey: ['reading', series.id, of],
    queryFn: ({ signal }) =>
      allFiles((page) => api.seriesFiles(series.id, { ...page, uploaded_by: of }, signal)),
    // Nothing but a click changes the stack under the eyes of whoever reads: not even files that arrive meanwhile.
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  });
  const name = seriesName(series, t);
  const title = isCompared ? [day(study.study_date) || t('patients.undated'), name].join(' ') : name;
  const save = () =>
    saving.save(
      () => (files.data ? Promise.resolve(files.data) : files.refetch().then(({ data }) => data ?? [])),
      [patientOf(study, t), study.study_date, name].filter(Boolean).join(' '),
    );
  return (
    <section className={classes['pane']} aria-label={title}>
      <div className={classes['paneHead']}>
        <strong title={title}>{title}</strong>
        <span className="quiet">{t('patients.files', { count: series.file_count })}</span>
        {files.data && series.file_count > files.data.length && (
          <Button
            size="compact-xs"
            variant="light"
            loading={files.isFetching}
            onClick={() => void files.refetch()}
          >
            {t('studies.moreFiles', { count: series.file_count - files.data.length })}
          </Button>
        )}
        <span className="grow" />
        <Tooltip label={t('studies.downloadSeries')}>
          <ActionIcon
            variant="subtle"
            aria-label={t('studies.downloadSeries')}
            loading={saving.busy}
            onClick={() => void save()}
          >
            <IconDownload size={18} />
          </ActionIcon>
        </Tooltip>
        {onClose && (
          <Tooltip label={t('studies.endCompare')}>
            <ActionIcon variant="subtle" aria-label={t('studies.endCompare')} onClick={onClose}>
              <IconX size={18} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {files.isError && <Failure error={files.error} onRetry={() => void files.refetch()} />}
      {files.isPending && (
        <div className={classes['film']}>
          <Opening />
        </div>
      )}
      {files.data && (
        <>
          <Archived study={study} series={series} of={of} files={files.data} />
          <Reading files={files.data} title={name} begin={begin} takesKeys={isFirst} onLook={onLook} />
        </>
      )}
    </section>
  );
}
