import { UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp, IconPhotoOff } from '@tabler/icons-react';
import { memo, useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Study } from '../api/types';
import { studyPage } from '../app/address';
import { count, dateTime, day } from '../format';
import { reachableOf, useListHandle, useVirtualRows, type ListHandle } from '../images/useVirtualRows';
import tables from '../shell/Table.module.css';
import { turned, type Column, type Sort } from './filters';
import { patientOf } from './names';
import { StudyMarks } from './StudyMarks';
import classes from './StudyTable.module.css';

interface Props {
  studies: readonly Study[];
  sort: Sort;
  /** Administrators only: whose studies. */
  of: number | null;
  active: number;
  handle: RefObject<ListHandle | null>;
  onSort: (sort: Sort) => void;
  onFocusItem: (index: number) => void;
  loadMore: (() => void) | null;
  onDrawn: () => void;
}

/** As the stylesheet says. */
const ROW_HEIGHT = 65;
const CARD_HEIGHT = 116;
const COLUMNS = 8;

/** A row is a link to its study. Only those in view exist: a worklist may be long. */
export function StudyTable({
  studies,
  sort,
  of,
  active,
  handle,
  onSort,
  onFocusItem,
  loadMore,
  onDrawn,
}: Props) {
  const { t } = useTranslation();
  const body = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 760px)', false, { getInitialValueInEffect: false });
  const span = useVirtualRows({
    list: body,
    count: studies.length,
    columns: 1,
    rowHeight: isNarrow ? CARD_HEIGHT : ROW_HEIGHT,
    overscan: 10,
    ahead: 8,
  });
  useListHandle({ handle, loadMore, onDrawn }, span, 1);
  const reachable = reachableOf(active, span);
  return (
    <div ref={body} className={tables['frame']}>
      <table className={classes['table']} aria-rowcount={studies.length + 1}>
        <thead>
          <tr>
            <Head column="patient_name" label={t('studies.patient')} sort={sort} onSort={onSort} />
            <Head column="study_date" label={t('studies.date')} sort={sort} onSort={onSort} />
            <th>{t('images.modality')}</th>
            <th>{t('studies.description')}</th>
            <th className={classes['wide']}>{t('studies.accession')}</th>
            <th className={classes['number']}>{t('studies.series')}</th>
            <th className={classes['number']}>{t('studies.files')}</th>
            <Head column="created_at" label={t('studies.received')} sort={sort} onSort={onSort} wide />
          </tr>
        </thead>
        <tbody>
          <Room height={span.before} />
          {studies.slice(span.first, span.end).map((study, offset) => (
            <Row
              key={study.id}
              study={study}
              of={of}
              index={span.first + offset}
              reachable={span.first + offset === reachable}
              onFocusItem={onFocusItem}
            />
          ))}
          <Room height={span.after} />
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  column: Column;
  label: string;
  sort: Sort;
  onSort: (sort: Sort) => void;
  wide?: boolean;
}

function Head({ column, label, sort, onSort, wide }: HeadProps) {
  const [up, down] = [sort === column, sort === `-${column}`];
  return (
    <th
      className={wide ? classes['wide'] : undefined}
      aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}
    >
      <UnstyledButton className={classes['sort']} onClick={() => onSort(turned(sort, column))}>
        {label}
        {up && <IconArrowUp size={14} aria-hidden />}
        {down && <IconArrowDown size={14} aria-hidden />}
      </UnstyledButton>
    </th>
  );
}

/** In place of the rows that are out of view. */
function Room({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className={classes['room']} aria-hidden>
      <td colSpan={COLUMNS} style={{ height }} />
    </tr>
  );
}

interface RowProps extends Pick<Props, 'of' | 'onFocusItem'> {
  study: Study;
  index: number;
  reachable: boolean;
}

const Row = memo(function Row({ study, of, index, reachable, onFocusItem }: RowProps) {
  const { t } = useTranslation();
  const name = patientOf(study, t);
  const inHeader = study.patient?.id?.trim() ?? '';
  return (
    <tr aria-rowindex={index + 2}>
      <td className={classes['patient']}>
        <Link
          to={studyPage(study.id, of)}
          data-index={index}
          data-study={study.id}
          tabIndex={reachable ? 0 : -1}
          onFocus={() => onFocusItem(index)}
        >
          <span className={classes['picture']}>
            {study.thumbnail_url ? (
              <img src={study.thumbnail_url} alt="" loading="lazy" />
            ) : (
              <IconPhotoOff size={20} aria-hidden />
            )}
          </span>
          <span className={classes['name']}>
            <strong title={name}>{name}</strong>
            <span>{inHeader || (study.patient_id === null ? '' : String(study.patient_id))}</span>
          </span>
          <StudyMarks warnings={study.warnings} />
        </Link>
      </td>
      <td>
        {day(study.study_date) || t('patients.undated')} {study.study_time?.slice(0, 5)}
      </td>
      <td>{study.modalities.join(', ')}</td>
      <td className={classes['description']} title={study.description ?? undefined}>
        {study.description}
      </td>
      <td className={classes['wide']}>{study.accession_number}</td>
      <td className={classes['number']} data-label={t('studies.series')}>
        {count(study.series_count)}
      </td>
      <td className={classes['number']} data-label={t('studies.files')}>
        {count(study.file_count)}
      </td>
      <td className={classes['wide']}>{dateTime(study.created_at)}</td>
    </tr>
  );
});
