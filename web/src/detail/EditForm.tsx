import { Button, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { fieldError } from '../i18n/errors';
import { Conflict } from '../shell/Conflict';
import { Failure } from '../shell/states';
import { useMerging } from '../shell/useMerging';
import { draftOf, valuesOf, type Field } from './draft';
import classes from './EditForm.module.css';

/** What people may change of a file. */
export function EditForm({ file, onDone }: { file: ImageFile; onDone: () => void }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const queries = useQueryClient();
  const editing = useMerging<ImageFile, Field>({
    record: file,
    textsOf: draftOf,
    send: (draft, fields, { id, version }) => api.change(id, { ...valuesOf(draft, fields), version }),
    onSaved: (saved) => {
      queries.setQueryData(['images', 'one', saved.id], saved);
      void queries.invalidateQueries({ queryKey: ['images', 'list'] });
      notifications.show({ message: t('edit.saved'), color: 'teal' });
      onDone();
    },
    onUnchanged: onDone,
  });
  const labels: Record<Field, string> = {
    original_filename: t('edit.filename'),
    description: t('edit.description'),
    modality: t('edit.modality'),
    body_part: t('edit.bodyPart'),
    study_date: t('edit.studyDate'),
    patient_id: t('edit.patient'),
  };
  const field = (name: Field) => ({
    label: labels[name],
    value: editing.draft[name],
    error: fieldError(editing.error, name, t),
    onChange: (event: { currentTarget: { value: string } }) =>
      editing.change(name, event.currentTarget.value),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    editing.submit();
  };

  return (
    <form onSubmit={submit} className="form">
      {editing.conflict && (
        <Conflict
          title={t('edit.conflictTitle')}
          labels={labels}
          rows={editing.conflict}
          onResolve={editing.resolve}
        />
      )}
      {editing.error && <Failure error={editing.error} />}
      <TextInput required maxLength={255} data-autofocus {...field('original_filename')} />
      <Textarea autosize minRows={3} maxRows={8} maxLength={2000} {...field('description')} />
      <div className={classes['pair']}>
        <TextInput maxLength={16} {...field('modality')} />
        <TextInput maxLength={64} {...field('body_part')} />
        <TextInput type="date" {...field('study_date')} />
        <TextInput {...field('patient_id')} />
      </div>
      <div className={classes['buttons']}>
        <Button variant="default" onClick={editing.close}>
          {t('edit.cancel')}
        </Button>
        <Button type="submit" loading={editing.isSaving} disabled={editing.conflict !== null}>
          {t('edit.save')}
        </Button>
      </div>
    </form>
  );
}
