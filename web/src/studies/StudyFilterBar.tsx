import { Button, NativeSelect } from '@mantine/core';
import { IconFilterOff, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { modalitiesWith } from '../images/filters';
import { DateField } from '../shell/DateField';
import { ListSearch } from '../shell/ListSearch';
import { UploaderChoice } from '../users/UploaderChoice';
import { SORTS, WARNINGS, type StudyFilters } from './filters';
import classes from './StudyFilterBar.module.css';

interface Props {
  filters: StudyFilters;
  onChange: (change: Partial<StudyFilters>) => void;
  /** Null when nothing narrows the list. */
  onClear: (() => void) | null;
  /** From the search into the list. */
  onDown: () => void;
}

export function StudyFilterBar({ filters, onChange, onClear, onDown }: Props) {
  const { t } = useTranslation();
  const { user } = useServices();
  const { modality } = filters;
  return (
    <section className={classes['filters']} aria-label={t('images.filters')}>
      <ListSearch
        className={classes['search']}
        label={t('studies.searchLabel')}
        value={filters.search}
        onChange={(search) => onChange({ search })}
        onDown={onDown}
      />
      <NativeSelect
        label={t('images.modality')}
        data={[{ value: '', label: t('images.any') }, ...modalitiesWith(modality)]}
        value={modality}
        onChange={(event) => onChange({ modality: event.currentTarget.value })}
      />
      <DateField
        label={t('studies.from')}
        max={filters.end_date || undefined}
        value={filters.start_date}
        onChange={(start_date) => onChange({ start_date })}
      />
      <DateField
        label={t('studies.to')}
        min={filters.start_date || undefined}
        value={filters.end_date}
        onChange={(end_date) => onChange({ end_date })}
      />
      <NativeSelect
        label={t('studies.warnings')}
        data={[
          { value: '', label: t('images.any') },
          { value: 'true', label: t('studies.withWarnings') },
          { value: 'false', label: t('studies.withoutWarnings') },
        ]}
        value={filters.warnings}
        onChange={({ currentTarget: { value } }) =>
          onChange({ warnings: WARNINGS.find((each) => each === value) ?? '' })
        }
      />
      <NativeSelect
        className={classes['sort'] ?? ''}
        label={t('studies.sort')}
        data={SORTS.map((value) => ({ value, label: t(`studies.sorts.${value}`) }))}
        value={filters.sort}
        onChange={({ currentTarget: { value } }) =>
          onChange({ sort: SORTS.find((sort) => sort === value) ?? filters.sort })
        }
      />
      {user.isAdmin && (
        <UploaderChoice
          className={classes['uploader']}
          placeholder={t('images.scopeMine')}
          value={filters.uploaded_by}
          onChange={(uploaded_by) => onChange({ uploaded_by })}
        />
      )}
      {filters.patient_id !== '' && (
        <Button
          variant="light"
          rightSection={<IconX size={15} aria-hidden />}
          aria-label={t('studies.clearPatient', { id: filters.patient_id })}
          onClick={() => onChange({ patient_id: '' })}
        >
          {t('studies.ofPatient', { id: filters.patient_id })}
        </Button>
      )}
      {onClear && (
        <Button variant="subtle" leftSection={<IconFilterOff size={17} />} onClick={onClear}>
          {t('images.clear')}
        </Button>
      )}
    </section>
  );
}
