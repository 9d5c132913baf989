import { Alert, Button, Radio, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconUsersGroup } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { ImageFile } from '../api/types';
import { fieldError } from '../i18n/errors';
import { useUnsaved } from '../shell/Dialog';
import { Failure } from '../shell/states';
import classes from './EditForm.module.css';
import { changesOf, differences, draftOf, merged, type Draft, type Field } from './draft';

/** Editing with optimistic locking: nobody's change is overwritten without being seen. */
export function EditForm({ file, onDone }: { file: ImageFile; onDone: () => void }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const queries = useQueryClient();
  /** The record the draft started from; moves on when a conflict is resolved. */
  const [base, setBase] = useState(file);
  const [draft, setDraft] = useState(() => draftOf(file));
  const [current, setCurrent] = useState<ImageFile | null>(null);

  const save = useMutation({
    mutationFn: ({ wanted, from }: { wanted: Draft; from: ImageFile }) =>
      api.change(from.id, { ...changesOf(wanted, from), version: from.version }),
    onSuccess: (saved) => {
      queries.setQueryData(['images', 'one', saved.id], saved);
      void queries.invalidateQueries({ queryKey: ['images', 'list'] });
      notifications.show({ message: t('edit.saved'), color: 'teal' });
      onDone();
    },
    onError: (error, { wanted, from }) => {
      const now = error instanceof ApiError && error.code === 'version_conflict' ? recordOf(error) : null;
      if (now && differences(wanted, now, from).length === 0) followed(wanted, now, from);
      else if (now) setCurrent(now);
    },
  });
  /** Somebody changed other fields: nothing has to be decided. */
  const followed = (wanted: Draft, now: ImageFile, from: ImageFile) => {
    const both = merged(wanted, now, from, []);
    setDraft(both);
    setBase(now);
    save.mutate({ wanted: both, from: now });
  };
  const resolve = (theirs: Field[]) => {
    if (!current) return;
    setDraft(merged(draft, current, base, theirs));
    setBase(current);
    setCurrent(null);
    save.reset();
  };
  const isChanged = Object.keys(changesOf(draft, base)).length > 0;
  const close = useUnsaved(isChanged && !save.isSuccess);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isChanged) save.mutate({ wanted: draft, from: base });
    else onDone();
  };
  const field = (name: Field) => ({
    value: draft[name],
    error: fieldError(save.error, name, t),
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((before) => ({ ...before, [name]: value }));
    },
  });

  return (
    <form onSubmit={submit} className="form">
      {current && <Conflict mine={draft} base={base} current={current} onResolve={resolve} />}
      {save.isError && !current && <Failure error={save.error} />}
      <TextInput
        label={t('edit.filename')}
        required
        maxLength={255}
        data-autofocus
        {...field('original_filename')}
      />
      <Textarea
        label={t('edit.description')}
        autosize
        minRows={3}
        maxRows={8}
        maxLength={2000}
        {...field('description')}
      />
      <div className={classes['pair']}>
        <TextInput label={t('edit.modality')} maxLength={16} {...field('modality')} />
        <TextInput label={t('edit.bodyPart')} maxLength={64} {...field('body_part')} />
        <TextInput label={t('edit.studyDate')} type="date" {...field('study_date')} />
        <TextInput label={t('edit.patient')} {...field('patient_id')} />
      </div>
      <div className={classes['buttons']}>
        <Button variant="default" onClick={close}>
          {t('edit.cancel')}
        </Button>
        <Button type="submit" loading={save.isPending} disabled={current !== null}>
          {t('edit.save')}
        </Button>
      </div>
    </form>
  );
}

/** A version conflict carries the record as it is now. */
function recordOf({ problem }: ApiError): ImageFile | null {
  return (problem.extra as { current?: ImageFile }).current ?? null;
}

interface ConflictProps {
  mine: Draft;
  base: ImageFile;
  current: ImageFile;
  onResolve: (theirs: Field[]) => void;
}

/** Both sides of every field that both changed, and a choice between them for each. */
function Conflict({ mine, base, current, onResolve }: ConflictProps) {
  const { t } = useTranslation();
  const labels: Record<Field, string> = {
    original_filename: t('edit.filename'),
    description: t('edit.description'),
    modality: t('edit.modality'),
    body_part: t('edit.bodyPart'),
    study_date: t('edit.studyDate'),
    patient_id: t('edit.patient'),
  };
  const rows = differences(mine, current, base);
  const [theirs, setTheirs] = useState<ReadonlySet<Field>>(new Set());
  const choose = (field: Field, isTheirs: boolean) => {
    const next = new Set(theirs);
    if (isTheirs) next.add(field);
    else next.delete(field);
    setTheirs(next);
  };
  const side = (field: Field, text: string, isTheirs: boolean) => (
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
    <Alert color="orange" icon={<IconUsersGroup />} title={t('edit.conflictTitle')} role="alert">
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
