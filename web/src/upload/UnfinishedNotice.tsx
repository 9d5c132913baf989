import { Alert, Button } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Api } from '../api/api';
import { useServices } from '../app/context';
import type { JournalEntry } from './journal';
import classes from './UnfinishedNotice.module.css';

/** So many names are enough to recognise a folder by. */
const NAMED = 8;

/** What an earlier visit has not sent to its end, by name: the files have to be chosen again. */
export function UnfinishedNotice({ entries }: { entries: readonly JournalEntry[] }) {
  const { t } = useTranslation();
  const { api, uploads } = useServices();
  const ids = entries.map(({ fileId }) => fileId);
  const names = useQuery({
    queryKey: ['images', 'unfinished', ids],
    queryFn: ({ signal }) => namesOf(ids, api, signal),
  });
  const named = names.data?.slice(0, NAMED) ?? [];
  const others = entries.length - named.length;
  return (
    <Alert
      color="yellow"
      icon={<IconHistory />}
      title={t('upload.unfinishedTitle', { count: entries.length })}
    >
      {named.length > 0 && (
        <ul className={classes['names']} aria-label={t('upload.unfinishedNames')}>
          {named.map(({ id, name }) => (
            <li key={id}>{name}</li>
          ))}
          {others > 0 && <li>{t('upload.unfinishedOthers', { count: others })}</li>}
        </ul>
      )}
      <p className="alert-text">{t('upload.unfinishedHint')}</p>
      <Button size="xs" variant="default" onClick={() => void uploads.discardUnfinished()}>
        {t('upload.discard')}
      </Button>
    </Alert>
  );
}

/**
 * The names that the service has of these files; this computer keeps none. The list is asked, because to ask for a file
 * is recorded as a look at it.
 */
async function namesOf(ids: number[], api: Pick<Api, 'myImages'>, signal: AbortSignal) {
  const query = { status: 'UPLOADING', page_size: 100, include_total: false } as const;
  const { items } = await api.myImages(query, signal);
  return items
    .filter(({ id }) => ids.includes(id))
    .map(({ id, original_filename }) => ({ id, name: original_filename }));
}
