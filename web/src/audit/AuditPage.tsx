import { Button, Skeleton, TextInput } from '@mantine/core';
import { IconDownload, IconListSearch, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { AuditEntry } from '../api/types';
import { patientPage, useAddress } from '../app/address';
import { useServices } from '../app/context';
import { actionText } from '../detail/AccessLog';
import { dateTime } from '../format';
import { saveUrl } from '../download/saveUrl';
import { EmptyState, Failure, LoadMore, NotFound } from '../shell/states';
import { useFirstItems } from '../shell/useFirstItems';
import tables from '../shell/Table.module.css';
import classes from './AuditPage.module.css';
import { csvOf } from './table';

const FIELDS = ['actor', 'patient_id', 'file_id', 'from', 'to'] as const;
type Question = Record<(typeof FIELDS)[number], string>;

/** More is a matter for the copy in the bucket. */
const MOST_EXPORTED = 20_000;

/** The route takes one of these at least. */
function isAnswerable(question: Question): boolean {
  return question.actor !== '' || question.patient_id !== '' || question.file_id !== '';
}

/** Who did what, for administrators. */
export function AuditPage() {
  const { t } = useTranslation();
  const { user } = useServices();
  const [params, setParams] = useAddress();
  const question = Object.fromEntries(FIELDS.map((name) => [name, params.get(name) ?? ''])) as Question;
  if (!user.isAdmin) return <NotFound />;
  return (
    <>
      <div className="page-head">
        <h1>{t('audit.title')}</h1>
        <span className="grow" />
        {isAnswerable(question) && <Export question={question} />}
      </div>
      <Filters key={params.toString()} question={question} onAsk={setParams} />
      {isAnswerable(question) ? (
        <Entries question={question} />
      ) : (
        <EmptyState
          title={t('audit.askTitle')}
          hint={t('audit.askHint')}
          icon={<IconListSearch size={56} stroke={1.2} />}
        />
      )}
    </>
  );
}

interface FiltersProps {
  question: Question;
  onAsk: (next: Record<string, string>) => void;
}

function Filters({ question, onAsk }: FiltersProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(question);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    onAsk(Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== '')));
  };
  return (
    <form className={classes['filters']} onSubmit={ask}>
      {FIELDS.map((name) => (
        <TextInput
          key={name}
          label={t(`audit.${name}`)}
          type={name === 'from' || name === 'to' ? 'date' : 'text'}
          inputMode={name === 'actor' || name === 'file_id' ? 'numeric' : undefined}
          value={draft[name]}
          onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value.trim() })}
        />
      ))}
      <Button type="submit" leftSection={<IconSearch size={17} />} disabled={!isAnswerable(draft)}>
        {t('audit.ask')}
      </Button>
    </form>
  );
}

function query(question: Question, cursor: string | null, page_size: number) {
  const number = (text: string) => (text === '' ? null : (text as unknown as number));
  return {
    ...question,
    actor: number(question.actor),
    file_id: number(question.file_id),
    cursor,
    page_size,
  };
}

function Entries({ question }: { question: Question }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const list = useInfiniteQuery({
    queryKey: ['audit', question],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => api.audit(query(question, pageParam, 50), signal),
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 0,
  });
  const entries = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const isLooking = useFirstItems(list, list.isSuccess && entries.length === 0);
  return (
    <>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {(list.isPending || isLooking) && <Skeleton height={320} />}
      {list.isSuccess && entries.length === 0 && !isLooking && (
        <EmptyState
          title={t('audit.noneTitle')}
          hint={t('audit.noneHint')}
          icon={<IconListSearch size={56} stroke={1.2} />}
        />
      )}
      {entries.length > 0 && <EntryTable entries={entries} />}
      {!isLooking && <LoadMore list={list} />}
    </>
  );
}

function EntryTable({ entries }: { entries: AuditEntry[] }) {
  const { t } = useTranslation();
  return (
    <div className={tables['frame']}>
      <table className={tables['table']}>
        <thead>
          <tr>
            <th>{t('detail.logAt')}</th>
            <th>{t('detail.logWho')}</th>
            <th>{t('detail.logAction')}</th>
            <th>{t('audit.what')}</th>
            <th>{t('detail.logFrom')}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, index) => (
            <tr key={index}>
              <td>{dateTime(entry.at)}</td>
              <td>
                {entry.actor_name} ({entry.actor_id})
              </td>
              <td>{actionText(entry.action, t)}</td>
              <td className={classes['things']}>
                <Things entry={entry} />
              </td>
              <td>{entry.ip}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What it was done with: one thing, or how many. A file may be gone, so it is named and not only linked. */
function Things({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation();
  return (
    <>
      {entry.file_id !== null && <Link to={`/images/${entry.file_id}`}>{entry.file_id}</Link>}
      {entry.files.length > 0 && (
        <span title={entry.files.join(' ')}>{t('audit.files', { count: entry.files.length })}</span>
      )}
      {entry.studies.length > 0 && (
        <span title={entry.studies.join(' ')}>{t('audit.studies', { count: entry.studies.length })}</span>
      )}
      {entry.patient_id !== null && (
        <>
          {' '}
          <Link to={patientPage(entry.patient_id)}>{entry.patient_id}</Link>
        </>
      )}
      {entry.patients.length > 0 && (
        <span title={entry.patients.join(' ')}>{t('audit.patients', { count: entry.patients.length })}</span>
      )}
      {entry.user_id !== null && ` ${t('audit.user', { id: entry.user_id })}`}
    </>
  );
}

/** All that the question finds, in a file. */
function Export({ question }: { question: Question }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const save = useMutation({
    mutationFn: async (kind: 'csv' | 'json') => {
      const entries: AuditEntry[] = [];
      let cursor: string | null = null;
      do {
        const page = await api.audit(query(question, cursor, 100));
        entries.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && entries.length < MOST_EXPORTED);
      const text = kind === 'csv' ? csvOf(entries) : JSON.stringify(entries, null, 2);
      const type = kind === 'csv' ? 'text/csv;charset=utf-8' : 'application/json';
      const url = URL.createObjectURL(new Blob([text], { type }));
      // No id of a patient in the name: it is kept in the browser's history.
      saveUrl(url, `audit-${new Date().toISOString().slice(0, 10)}.${kind}`);
      // The browser reads it after the click.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      return { count: entries.length, isWhole: cursor === null };
    },
  });
  return (
    <>
      {save.isError && <Failure error={save.error} onRetry={() => save.reset()} />}
      {save.isSuccess && (
        <span role="status">
          {t(save.data.isWhole ? 'audit.exported' : 'audit.cut', { count: save.data.count })}
        </span>
      )}
      {(['csv', 'json'] as const).map((kind) => (
        <Button
          key={kind}
          variant="default"
          leftSection={<IconDownload size={17} />}
          loading={save.isPending && save.variables === kind}
          disabled={save.isPending}
          onClick={() => save.mutate(kind)}
        >
          {t('audit.export', { kind: kind.toUpperCase() })}
        </Button>
      ))}
    </>
  );
}
