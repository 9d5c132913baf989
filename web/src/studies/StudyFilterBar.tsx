import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconFilterOff, IconSearch, IconX } from '@tabler/icons-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { MODALITIES } from '../images/filters';
import { useSearchText } from '../images/useSearchText';
import { DateField } from '../shell/DateField';
import { UploaderChoice } from '../users/UploaderChoice';
import { SORTS, type StudyFilters } from './filters';
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
  const modalities = modality && !MODALITIES.includes(modality) ? [modality, ...MODALITIES] : MODALITIES;
  return (
    <section className={classes['filters']} aria-label={t('images.filters')}>
      <Search value={filters.search} onChange={(search) => onChange({ search })} onDown={onDown} />
      <NativeSelect
        label={t('images.modality')}
        data={[{ value: '', label: t('images.any') }, ...modalities]}
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

interface SearchProps {
  value: string;
  onChange: (text: string) => void;
  onDown: () => void;
}

function Search({ value, onChange, onDown }: SearchProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const search = useSearchText(value, onChange);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput
      ref={input}
      className={classes['search']}
      type="search"
      aria-label={t('studies.searchLabel')}
      placeholder={t('studies.searchLabel')}
      title={t('images.searchHint')}
      leftSection={<IconSearch size={17} />}
      rightSection={
        search.text !== '' && (
          <CloseButton size="sm" aria-label={t('images.clearSearch')} onClick={() => search.set('')} />
        )
      }
      value={search.text}
      {...search.handlers}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown') return;
        event.preventDefault();
        onDown();
      }}
    />
  );
}
