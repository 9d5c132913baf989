import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';

interface Props {
  className?: string | undefined;
  /** The id of whoever uploaded; empty for everybody. */
  value: string;
  /** What it says while nobody is chosen. */
  placeholder?: string;
  onChange: (id: string) => void;
}

/** Chooses an uploader by name. Somebody who uploaded before users had a table has only an id, which can be typed. */
export function UploaderChoice({ className, value, placeholder, onChange }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, 250);
  const [open, setOpen] = useState(false);
  const found = useQuery({
    queryKey: ['users', 'choice', search],
    queryFn: ({ signal }) => api.users({ search }, signal),
    placeholderData: keepPreviousData,
    enabled: open,
  });
  const chosen = useQuery({
    queryKey: ['users', 'one', value],
    queryFn: ({ signal }) => api.users({ search: value, page_size: 100 }, signal),
    enabled: value !== '',
  });
  const named = (people: { id: number; name: string }[] = []) =>
    people.map(({ id, name }) => [String(id), name] as const);
  const choices = new Map(named(found.data?.items));
  const typed = text.trim();
  if (/^[1-9]\d{0,15}$/.test(typed) && !choices.has(typed)) choices.set(typed, typed);
  if (value !== '') choices.set(value, new Map(named(chosen.data?.items)).get(value) ?? value);
  return (
    <Select
      className={className ?? ''}
      label={t('images.uploader')}
      placeholder={placeholder ?? t('images.any')}
      nothingFoundMessage={t('users.noneTitle')}
      searchable
      clearable
      filter={({ options }) => options}
      data={[...choices].map(([id, label]) => ({ value: id, label }))}
      value={value === '' ? null : value}
      searchValue={text}
      onSearchChange={setText}
      onDropdownOpen={() => setOpen(true)}
      onChange={(id) => onChange(id ?? '')}
    />
  );
}
