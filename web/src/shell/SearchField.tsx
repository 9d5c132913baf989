import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useAddress } from '../app/address';
import { useSearchText } from '../images/useSearchText';
import classes from './SearchField.module.css';

/** Searches the page's list as somebody types. The text stands in the address, where the page reads it. */
export function SearchField({ label }: { label: string }) {
  const [params, setParams] = useAddress();
  const search = params.get('search') ?? '';
  const text = useSearchText(search, (next) => setParams(next ? { search: next } : {}, { replace: true }));
  return (
    <TextInput
      className={classes['search']}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={17} />}
      value={text.text}
      {...text.handlers}
    />
  );
}
