import { Button, CloseButton, NativeSelect, Skeleton, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconFilterOff, IconFolders, IconSearch, IconUpload } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import type { Study } from '../api/types';
import { MODALITIES } from '../images/filters';
import { useSearchText } from '../images/useSearchText';
import { DateField } from '../shell/DateField';
import { EmptyState, Failure, LoadMore } from '../shell/states';
import { UploaderChoice } from '../users/UploaderChoice';
import { narrowing, parseStudyFilters, studyQuery, withStudyValues, type StudyFilters } from './filters';
import { StudyTable } from './StudyTable';
import classes from './WorklistPage.module.css';

const PAGE_SIZE = 50;

/** The studies of the caller, as the address asks for. */
export function WorklistPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const [params, setParams] = useAddress();
  const filters = parseStudyFilters(params);
  const list = useInfiniteQuery({
    queryKey: ['images', 'studies', filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.worklist({ ...studyQuery(filters), page_size: PAGE_SIZE, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const studies: Study[] = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const total = list.data?.pages[0]?.total;
  const narrowed = narrowing(filters) > 0;
  const clear = () => setParams(filters.sort === '-study_date' ? {} : { sort: filters.sort });
  const change = (next: Partial<StudyFilters>) =>
    setParams(withStudyValues(params, next), { replace: 'search' in next });

  return (
    <>
      <div className="page-head">
        <h1>{t('studies.title')}</h1>
        <span className="quiet" aria-live="polite">
          {total !== undefined && t('studies.total', { count: total })}
        </span>
        <span className="grow" />
        <Button component={Link} to="/upload" leftSection={<IconUpload size={18} />}>
          {t('nav.upload')}
        </Button>
      </div>
      <Filters filters={filters} onChange={change} onClear={narrowed ? clear : null} />
      {list.isError && !list.data && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton height={360} />}
      {list.isSuccess && studies.length === 0 && (
        <EmptyState
          title={t(narrowed ? 'studies.noneTitle' : 'studies.emptyTitle')}
          hint={t(narrowed ? 'studies.noneHint' : 'studies.emptyHint')}
          icon={<IconFolders size={56} stroke={1.2} />}
        >
          {narrowed ? (
            <Button variant="default" onClick={clear}>
              {t('images.clear')}
            </Button>
          ) : (
            <Button component={Link} to="/upload">
              {t('images.emptyAction')}
            </Button>
          )}
        </EmptyState>
      )}
      {studies.length > 0 && (
        <StudyTable studies={studies} filters={filters} onSort={(sort) => change({ sort })} />
      )}
      <LoadMore list={list} />
    </>
  );
}

interface FiltersProps {
  filters: StudyFilters;
  onChange: (change: Partial<StudyFilters>) => void;
  /** Null when nothing narrows the list. */
  onClear: (() => void) | null;
}

function Filters({ filters, onChange, onClear }: FiltersProps) {
  const { t } = useTranslation();
  const { user } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const search = useSearchText(filters.search, (text) => onChange({ search: text }));
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <section className={classes['filters']} aria-label={t('images.filters')}>
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
      />
      <NativeSelect
        label={t('images.modality')}
        data={[{ value: '', label: t('images.any') }, ...MODALITIES]}
        value={filters.modality}
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
      {user.isAdmin && (
        <UploaderChoice
          className={classes['uploader']}
          value={filters.uploaded_by}
          onChange={(uploaded_by) => onChange({ uploaded_by })}
        />
      )}
      {onClear && (
        <Button variant="subtle" leftSection={<IconFilterOff size={17} />} onClick={onClear}>
          {t('images.clear')}
        </Button>
      )}
    </section>
  );
}
