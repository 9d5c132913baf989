import { Alert, Button, Radio } from '@mantine/core';
import { IconUsersGroup } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Conflict.module.css';
import type { Difference } from './merge';

interface Props<F extends string> {
  title: string;
  labels: Record<F, string>;
  rows: Difference<F>[];
  onResolve: (theirs: F[]) => void;
}

/** Both sides of every field that both changed, and a choice between them for each. */
export function Conflict<F extends string>({ title, labels, rows, onResolve }: Props<F>) {
  const { t } = useTranslation();
  const [theirs, setTheirs] = useState<ReadonlySet<F>>(new Set());
  const choose = (field: F, isTheirs: boolean) => {
    const next = new Set(theirs);
    if (isTheirs) next.add(field);
    else next.delete(field);
    setTheirs(next);
  };
  const side = (field: F, text: string, isTheirs: boolean) => (
    <td>
      <Radio
        name={field}
        label={text || '—'}
        aria-label={`${labels[field]}, ${t(isTheirs ? 'edit.theirs' : 'edit.yours')}: ${text || '—'}`}
        checked={theirs.has(field) === isTheirs}
        onChange={() => choose(field, isTheirs)}
      />
    </td>
  );
  return (
    <Alert color="orange" icon={<IconUsersGroup />} title={title} role="alert">
      <p className="alert-text">{t('edit.conflictHint')}</p>
      <table className={classes['conflict']}>
        <thead>
          <tr>
            <td />
            <th>{t('edit.yours')}</th>
            <th>{t('edit.theirs')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.field}>
              <th>{labels[row.field]}</th>
              {side(row.field, row.mine, false)}
              {side(row.field, row.theirs, true)}
            </tr>
          ))}
        </tbody>
      </table>
      <div className={classes['buttons']}>
        <Button size="xs" color="orange.9" onClick={() => onResolve([...theirs])}>
          {t('edit.resolve')}
        </Button>
      </div>
    </Alert>
  );
}
