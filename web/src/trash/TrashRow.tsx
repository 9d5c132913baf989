import { Button, Checkbox } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { TrashedFile } from '../api/types';
import { bytes, dateTime, day, personName } from '../format';
import { typeLabel } from '../i18n/labels';
import { Thumbnail } from '../images/Thumbnail';
import { useStudyJobs } from '../studies/useStudyJobs';
import { Deleter } from './Deleter';
import type { TrashedStudy } from './entries';
import classes from './TrashPage.module.css';

const DAY_MS = 86_400_000;

/** Where a row stands, and what can be done with it from there. */
export interface Place {
  index: number;
  total: number;
  chosen: 'all' | 'some' | 'none';
  /** The Tab key stops here. */
  reachable: boolean;
  /** When the list arrived, in milliseconds. */
  now: number;
  onToggle: (range: boolean) => void;
  onFocus: () => void;
}

interface StudyProps {
  study: TrashedStudy;
  place: Place;
  /** There are no other deleted files of it. */
  isAll: boolean;
  open: boolean;
  onOpen: () => void;
}

/** Deleted files of one study: they come back together, or one by one. */
export function StudyRow({ study: { studyId, files }, place, isAll, open, onOpen }: StudyProps) {
  const { t } = useTranslation();
  const begin = useStudyJobs();
  const [busy, setBusy] = useState(false);
  const [first] = files;
  if (!first) return null;
  const { dicom, patient_id, study_date, modality } = first;
  const name = personName(dicom?.patient_name) || dicom?.patient_id || patient_id || t('studies.unnamed');
  const title = [name, day(study_date), modality].filter(Boolean).join(' · ');
  const count = t('patients.files', { count: files.length });
  const restore = async () => {
    setBusy(true);
    await begin('restore', { id: studyId, name: String(name), of: null });
    setBusy(false);
  };
  return (
    <Row place={place} title={title} files={files} data-study={studyId}>
      <span className={classes['name']}>
        <strong title={title}>{title}</strong>
        <span className="quiet">
          {t('studies.title')} · {isAll ? count : t('trash.atLeast', { files: count })}
          <Button size="compact-xs" variant="subtle" aria-expanded={open} onClick={onOpen}>
            {t(open ? 'trash.hideFiles' : 'trash.showFiles')}
          </Button>
        </span>
      </span>
      <Button leftSection={<IconArrowBackUp size={18} />} loading={busy} onClick={() => void restore()}>
        {t('studies.restore')}
      </Button>
    </Row>
  );
}

interface FileProps {
  file: TrashedFile;
  place: Place;
  /** Below the study that it belongs to. */
  isInside: boolean;
  onRestore: () => void;
}

export function FileRow({ file, place, isInside, onRestore }: FileProps) {
  const { t } = useTranslation();
  return (
    <Row place={place} title={file.original_filename} files={[file]} data-inside={isInside || undefined}>
      <span className={classes['name']}>
        <strong title={file.original_filename}>{file.original_filename}</strong>
        <span className="quiet">
          {typeLabel(file.file_type, t)} · {bytes(file.file_size)}
        </span>
      </span>
      <Button variant="default" leftSection={<IconArrowBackUp size={18} />} onClick={onRestore}>
        {t('trash.restore')}
        <span className="visually-hidden"> {file.original_filename}</span>
      </Button>
    </Row>
  );
}

interface RowProps {
  place: Place;
  title: string;
  files: readonly TrashedFile[];
  'data-study'?: number;
  'data-inside'?: true | undefined;
  /** What it is called, and its button. */
  children: [ReactNode, ReactNode];
}

function Row({ place, title, files, children: [name, button], ...marks }: RowProps) {
  const { t } = useTranslation();
  const { index, total, chosen, reachable, now, onToggle, onFocus } = place;
  const [first] = files;
  return (
    <li
      className={classes['row']}
      data-chosen={chosen === 'all' || undefined}
      aria-setsize={total}
      aria-posinset={index + 1}
      {...marks}
    >
      <Checkbox
        checked={chosen === 'all'}
        indeterminate={chosen === 'some'}
        aria-label={t('images.select', { name: title })}
        data-index={index}
        tabIndex={reachable ? 0 : -1}
        onFocus={onFocus}
        onChange={(event) => onToggle((event.nativeEvent as MouseEvent).shiftKey)}
      />
      {first && <Thumbnail file={first} />}
      {name}
      <Times files={files} now={now} />
      {button}
    </li>
  );
}

/** When they were deleted and by whom, and how long they stay. */
function Times({ files, now }: { files: readonly TrashedFile[]; now: number }) {
  const { t } = useTranslation();
  const [first] = files;
  if (!first) return null;
  const isOneDeed = files.every(({ deleted_by }) => deleted_by === first.deleted_by);
  const daysLeft = first.purge_at ? daysUntil(first.purge_at, now) : null;
  return (
    <span className={classes['times']}>
      <span>
        <span className="quiet">
          <Deleter id={isOneDeed ? first.deleted_by : null} />
        </span>
        <span>{dateTime(first.deleted_at)}</span>
      </span>
      {daysLeft !== null && (
        <span data-soon={daysLeft <= 3 || undefined}>
          <span className="quiet">{t('trash.purgeAt')}</span>
          <span>
            {day(first.purge_at)} · {t('trash.daysLeft', { count: daysLeft })}
          </span>
        </span>
      )}
    </span>
  );
}

function daysUntil(rfc3339: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(rfc3339) - now) / DAY_MS));
}
