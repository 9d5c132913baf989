import { UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPhotoOff } from '@tabler/icons-react';
import { useRef, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Study } from '../api/types';
import { count, day, personName } from '../format';
import type { Notice } from '../api/types';
import { WarningMark } from '../images/WarningMark';
import { turned, type Sort, type StudyFilters } from './filters';
import classes from './StudyTable.module.css';

interface Props {
  studies: readonly Study[];
  filters: StudyFilters;
  onSort: (sort: Sort) => void;
}

/** A row is a link to its study. Arrow keys go from row to row, Enter opens. */
export function StudyTable({ studies, filters, onSort }: Props) {
  const { t } = useTranslation();
  const body = useRef<HTMLTableSectionElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    const links = [...(body.current?.querySelectorAll<HTMLElement>('a[data-study]') ?? [])];
    const next = links[links.indexOf(document.activeElement as HTMLElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  const head = (column: 'study_date' | 'patient_name', label: string) => {
    const [up, down] = [filters.sort === column, filters.sort === `-${column}`];
    return (
      <th aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}>
        <UnstyledButton className={classes['sort']} onClick={() => onSort(turned(filters.sort, column))}>
          {label}
          {up && <IconArrowUp size={14} aria-hidden />}
          {down && <IconArrowDown size={14} aria-hidden />}
        </UnstyledButton>
      </th>
    );
  };
  return (
    <div className={classes['frame']}>
      <table className={classes['table']}>
        <thead>
          <tr>
            {head('patient_name', t('studies.patient'))}
            {head('study_date', t('studies.date'))}
            <th>{t('images.modality')}</th>
            <th>{t('studies.description')}</th>
            <th>{t('studies.accession')}</th>
            <th className={classes['number']}>{t('studies.series')}</th>
            <th className={classes['number']}>{t('studies.files')}</th>
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {studies.map((study) => (
            <Row key={study.id} study={study} uploadedBy={filters.uploaded_by} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ study, uploadedBy }: { study: Study; uploadedBy: string }) {
  const { t } = useTranslation();
  const name = personName(study.patient?.name);
  const id = study.patient?.id ?? (study.patient_id === null ? '' : String(study.patient_id));
  const warnings = study.warnings.map(({ code }) => ({ code, message: code }) as Notice);
  return (
    <tr>
      <td className={classes['patient']}>
        <Link to={studyPage(study.id, uploadedBy)} data-study={study.id}>
          <span className={classes['picture']}>
            {study.thumbnail_url ? (
              <img src={study.thumbnail_url} alt="" loading="lazy" />
            ) : (
              <IconPhotoOff size={20} aria-hidden />
            )}
          </span>
          <span className={classes['name']}>
            <strong>{name || t('studies.unnamed')}</strong>
            <span>{id}</span>
          </span>
          <WarningMark warnings={warnings} size={18} />
        </Link>
      </td>
      <td data-label={t('studies.date')}>
        {day(study.study_date) || t('patients.undated')} {study.study_time?.slice(0, 5)}
      </td>
      <td data-label={t('images.modality')}>{study.modalities.join(', ')}</td>
      <td className={classes['description']} data-label={t('studies.description')}>
        {study.description}
      </td>
      <td data-label={t('studies.accession')}>{study.accession_number}</td>
      <td className={classes['number']} data-label={t('studies.series')}>
        {count(study.series_count)}
      </td>
      <td className={classes['number']} data-label={t('studies.files')}>
        {count(study.file_count)}
      </td>
    </tr>
  );
}

/** The page of a study; of somebody else's, for administrators. */
export const studyPage = (id: number, uploadedBy = '') =>
  `/studies/${id}${uploadedBy === '' ? '' : `?uploaded_by=${uploadedBy}`}`;
