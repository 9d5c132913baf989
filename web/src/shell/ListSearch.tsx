import { CloseButton, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchText } from '../images/useSearchText';

interface Props {
  className: string | undefined;
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** From the search into the list, for a list that is worked with the keyboard. */
  onDown?: () => void;
}

/** The search of a large list: "/" leads there from anywhere on the page. */
export function ListSearch({ className, label, value, onChange, onDown }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const search = useSearchText(value, onChange);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput
      ref={input}
      className={className}
      type="search"
      aria-label={label}
      placeholder={label}
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
        if (onDown === undefined || event.key !== 'ArrowDown') return;
        event.preventDefault();
        onDown();
      }}
    />
  );
}
