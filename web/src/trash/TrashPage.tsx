import { Button, Skeleton } from '@mantine/core';
import { IconArrowBackUp, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { TrashedFile } from '../api/types';
import { bytes, dateTime, day, personName } from '../format';
import { Thumbnail } from '../images/Thumbnail';
import { useBulkActions } from '../images/useBulkActions';
import { without } from '../images/useImageList';
import { EmptyState, Failure, LoadMore } from '../shell/states';
import { useStudyJobs } from '../studies/useStudyJobs';
import { typeLabel } from '../i18n/labels';
import { entriesOf } from './entries';
import classes from './TrashPage.module.css';

const KEY = ['images', 'trash'];
const DAY_MS = 86_400_000;

/** Deleted files, until the day they are purged. */
export function TrashPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const queries = useQueryClient();
  const { restore } = useBulkActions();
  const list = useInfiniteQuery({
    queryKey: KEY,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => api.trash({ page_size: 48, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next_cursor,
  });
  const files = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const bringBack = (id: number) => {
    queries.setQueryData<typeof list.data>(KEY, (data) => data && without(data, new Set([id])));
    void restore([id]);
  };

  return (
    <>
      <div className="page-head">
        <h1>{t('trash.title')}</h1>
        <span className="quiet">{t('trash.hint')}</span>
      </div>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton height={320} />}
      {list.isSuccess && files.length === 0 && (
        <EmptyState
          title={t('trash.emptyTitle')}
          hint={t('trash.emptyHint')}
          icon={<IconTrash size={56} stroke={1.2} />}
        />
      )}
      {files.length > 0 && (
        <ul className={classes['list']}>
          {entriesOf(files).map((entry) =>
            'file' in entry ? (
              <TrashRow
                key={entry.file.id}
                file={entry.file}
                now={list.dataUpdatedAt}
                onRestore={() => bringBack(entry.file.id)}
              />
            ) : (
              <StudyRow
                key={`study-${entry.studyId}`}
                studyId={entry.studyId}
                files={entry.files}
                isAll={!list.hasNextPage}
                now={list.dataUpdatedAt}
                onRestore={bringBack}
              />
            ),
          )}
        </ul>
      )}
      <LoadMore list={list} />
    </>
  );
}

interface StudyRowProps {
  studyId: number;
  /** Those of its files that have been loaded, newest first. */
  files: readonly TrashedFile[];
  /** There are no others. */
  isAll: boolean;
  now: number;
  onRestore: (id: number) => void;
}

/** Deleted files of one study: they come back together, or one by one. */
function StudyRow({ studyId, files, isAll, now, onRestore }: StudyRowProps) {
  const { t } = useTranslation();
  const begin = useStudyJobs();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [first] = files;
  if (!first) return null;
  const { dicom, patient_id, study_date, modality } = first;
  const name = personName(dicom?.patient_name) || dicom?.patient_id || patient_id || t('studies.unnamed');
  const count = t('patients.files', { count: files.length });
  const restore = async () => {
    setBusy(true);
    await begin('restore', { id: studyId, name: String(name), of: null });
    setBusy(false);
  };
  return (
    <li data-study={studyId}>
      <div className={classes['row']}>
        <Thumbnail file={first} />
        <span className={classes['name']}>
          <strong>{[name, day(study_date), modality].filter(Boolean).join(' · ')}</strong>
          <span className="quiet">
            {t('studies.title')} · {isAll ? count : t('trash.atLeast', { files: count })}
            <Button size="compact-xs" variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
              {t(open ? 'trash.hideFiles' : 'trash.showFiles')}
            </Button>
          </span>
        </span>
        <Times file={first} now={now} />
        <Button leftSection={<IconArrowBackUp size={18} />} loading={busy} onClick={() => void restore()}>
          {t('studies.restore')}
        </Button>
      </div>
      {open && (
        <ul className={classes['inside']}>
          {files.map((file) => (
            <TrashRow key={file.id} file={file} now={now} onRestore={() => onRestore(file.id)} />
          ))}
        </ul>
      )}
    </li>
  );
}

interface RowProps {
  file: TrashedFile;
  /** When the list arrived, in milliseconds. */
  now: number;
  onRestore: () => void;
}

function daysUntil(rfc3339: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(rfc3339) - now) / DAY_MS));
}

function TrashRow({ file, now, onRestore }: RowProps) {
  const { t } = useTranslation();
  return (
    <li className={classes['row']}>
      <Thumbnail file={file} />
      <span className={classes['name']}>
        <strong title={file.original_filename}>{file.original_filename}</strong>
        <span className="quiet">
          {typeLabel(file.file_type, t)} · {bytes(file.file_size)}
        </span>
      </span>
      <Times file={file} now={now} />
      <Button variant="default" leftSection={<IconArrowBackUp size={18} />} onClick={onRestore}>
        {t('trash.restore')}
        <span className="visually-hidden"> {file.original_filename}</span>
      </Button>
    </li>
  );
}

/** When it was deleted, and how long it stays. */
function Times({ file, now }: Pick<RowProps, 'file' | 'now'>) {
  const { t } = useTranslation();
  const daysLeft = file.purge_at ? daysUntil(file.purge_at, now) : null;
  return (
    <>
      <span className={classes['deleted']}>
        <span className="quiet">{t('trash.deletedAt')}</span>
        <br />
        {dateTime(file.deleted_at)}
      </span>
      {daysLeft !== null && (
        <span className={classes['purge']} data-soon={daysLeft <= 3 || undefined}>
          <span className="quiet">{t('trash.purgeAt')}</span>
          <br />
          {day(file.purge_at)} · {t('trash.daysLeft', { count: daysLeft })}
        </span>
      )}
    </>
  );
}
