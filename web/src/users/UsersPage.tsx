import { Badge, Button, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconUsers } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../shell/Dialog';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import { useMe } from '../app/me';
import { ApiError } from '../api/problem';
import type { Person, PersonChange } from '../api/types';
import { dateTime } from '../format';
import { SearchField } from '../shell/SearchField';
import { EmptyState, Failure, LoadMore } from '../shell/states';
import tables from '../shell/Table.module.css';
import classes from './UsersPage.module.css';

/** Everybody who has signed in: for administrators, who say who may what. */
export function UsersPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const [params] = useAddress();
  const search = params.get('search') ?? '';
  const list = useInfiniteQuery({
    queryKey: ['users', 'list', search],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => api.users({ search, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const people = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <div className="page-head">
        <h1>{t('users.title')}</h1>
        <SearchField label={t('users.searchLabel')} />
      </div>
      <p className="quiet">{t('users.hint')}</p>
      {list.isError &&
        (list.error instanceof ApiError && list.error.code === 'forbidden' ? (
          <Failure error={list.error} />
        ) : (
          <Failure error={list.error} onRetry={() => void list.refetch()} />
        ))}
      {list.isPending && <Skeleton height={320} />}
      {list.isSuccess && people.length === 0 && (
        <EmptyState
          title={t('users.noneTitle')}
          hint={t('users.noneHint')}
          icon={<IconUsers size={56} stroke={1.2} />}
        />
      )}
      {people.length > 0 && <UserTable people={people} />}
      <LoadMore list={list} />
    </>
  );
}

function UserTable({ people }: { people: Person[] }) {
  const { t } = useTranslation();
  return (
    <div className={`${tables['frame']} ${classes['frame']}`}>
      <table className={tables['table']}>
        <thead>
          <tr>
            <th>{t('users.name')}</th>
            <th>{t('users.email')}</th>
            <th>{t('users.id')}</th>
            <th>{t('users.role')}</th>
            <th>{t('users.lastSeen')}</th>
            <th>{t('users.actions')}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <UserRow key={person.id} person={person} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function UserRow({ person }: { person: Person }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td>
        <strong>{person.name}</strong>
        {person.disabled && (
          <Badge color="red.9" ml="xs">
            {t('users.disabled')}
          </Badge>
        )}
      </td>
      <td>{person.email}</td>
      <td>{person.id}</td>
      <td>{t(roleOf(person))}</td>
      <td>{dateTime(person.last_seen)}</td>
      <td>
        <Actions person={person} />
      </td>
    </tr>
  );
}

function roleOf({ role, admin }: Person) {
  if (role === 'admin') return 'app.admin';
  return admin ? 'users.adminByToken' : 'signIn.user';
}

function Actions({ person }: { person: Person }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const queries = useQueryClient();
  const me = useMe().data;
  const [asking, setAsking] = useState(false);
  const change = useMutation({
    mutationFn: (what: PersonChange) => api.changeUser(person.id, what),
    onSuccess: async ({ name }) => {
      setAsking(false);
      notifications.show({ message: t('users.changed', { name }), color: 'teal' });
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  // Nobody changes themselves, so that there is always an administrator left.
  if (!me || me.id === person.id) return <span className="quiet">{me && t('users.you')}</span>;
  const isAdmin = person.role === 'admin';
  const { name } = person;
  return (
    <div className={classes['actions']}>
      <Button
        size="xs"
        variant="default"
        loading={change.isPending}
        aria-label={`${t(isAdmin ? 'users.takeAdmin' : 'users.makeAdmin')}: ${name}`}
        onClick={() => change.mutate({ role: isAdmin ? 'user' : 'admin' })}
      >
        {t(isAdmin ? 'users.takeAdmin' : 'users.makeAdmin')}
      </Button>
      <Button
        size="xs"
        variant="default"
        aria-label={`${t(person.disabled ? 'users.enable' : 'users.disable')}: ${name}`}
        onClick={() => (person.disabled ? change.mutate({ disabled: false }) : setAsking(true))}
      >
        {t(person.disabled ? 'users.enable' : 'users.disable')}
      </Button>
      {change.isError && <Failure error={change.error} />}
      <Dialog opened={asking} onClose={() => setAsking(false)} title={t('users.disable')}>
        <p className="alert-text">{t('users.disableConfirm', { name })}</p>
        <Button color="red.9" loading={change.isPending} onClick={() => change.mutate({ disabled: true })}>
          {t('users.disable')}
        </Button>
      </Dialog>
    </div>
  );
}
