import { Alert, Button, Progress } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconUserQuestion } from '@tabler/icons-react';
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../shell/Dialog';
import { useServices } from '../app/context';
import { filesChanged } from '../images/changed';
import type { Outcome } from '../images/eachOf';
import { give, misplacedOf, MovedMeanwhile, ownersOf, type Misplaced } from './assign';
import { isRunning, type UploadItem } from './item';
import classes from './PatientQuestion.module.css';
import { reasonText } from './reasonText';

/** So many other patients are named; more are counted. */
const NAMED = 5;

/**
 * Files that were here before keep the patient they had. When a drop for a patient is through, one question for all of
 * them asks whether they are to have that patient; until it is answered, the page says that it is open.
 */
export function PatientQuestion({ items }: { items: readonly UploadItem[] }) {
  const { t } = useTranslation();
  const [postponed, setPostponed] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Misplaced | null>(null);
  const open = misplacedOf(items);
  const fresh = open?.files.some(({ key }) => !postponed.has(key)) === true;
  // What is asked stays on the screen while it is being done, and after it with what did not succeed.
  const shown = asked ?? (fresh && !items.some(isRunning) ? open : null);
  const postpone = () => {
    setPostponed(new Set([...postponed, ...(open?.files ?? []).map(({ key }) => key)]));
    setAsked(null);
  };
  return (
    <>
      {open && !shown && !items.some(isRunning) && (
        <Alert color="yellow" icon={<IconUserQuestion />}>
          <p className="alert-text">{t('upload.question.open', { count: open.files.length })}</p>
          <Button size="xs" variant="default" onClick={() => setPostponed(new Set())}>
            {t('upload.question.decide')}
          </Button>
        </Alert>
      )}
      <Dialog opened={shown !== null} onClose={postpone} title={t('upload.question.title')} size="lg">
        {shown && <Question key={shown.patientId} asked={shown} onAsked={setAsked} onClose={postpone} />}
      </Dialog>
    </>
  );
}

interface Props {
  asked: Misplaced;
  onAsked: (asked: Misplaced | null) => void;
  onClose: () => void;
}

function Question({ asked, onAsked, onClose }: Props) {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const owners = ownersOf(asked.files);
  const nobodys = owners.get(null) ?? 0;
  const others = [...owners].filter((owner): owner is [string, number] => owner[0] !== null);
  const moved = asked.files.length - nobodys;
  const label = usePatientNames([asked.patientId, ...others.slice(0, NAMED).map(([id]) => id)]);
  const giving = useGiving(asked, label(asked.patientId), onAsked);

  if (giving.done !== null) {
    const { done, total } = giving;
    return (
      <div role="status">
        <p className="alert-text">{t('upload.question.progress', { done, total })}</p>
        <Progress value={(done / total) * 100} aria-label={t('upload.question.title')} />
      </div>
    );
  }
  if (giving.outcome) return <Failures asked={asked} outcome={giving.outcome} onClose={onClose} />;
  const keep = () => {
    uploads.keep(asked.files.map(({ key }) => key));
    onAsked(null);
  };
  const ofNobody = asked.files.filter(({ record }) => record?.patient_id === null);
  return (
    <div className={classes['question']}>
      <p>{t('upload.question.known', { count: asked.files.length })}</p>
      <p className={classes['patient']}>{label(asked.patientId)}</p>
      <ul>
        {nobodys > 0 && <li>{t('upload.question.nobody', { count: nobodys })}</li>}
        {others.slice(0, NAMED).map(([id, count]) => (
          <li key={id}>
            <strong>{t('upload.question.other', { count, patient: label(id) })}</strong>
          </li>
        ))}
        {others.length > NAMED && (
          <li>
            <strong>
              {t('upload.question.others', {
                count: others.slice(NAMED).reduce((sum, [, count]) => sum + count, 0),
                patients: others.length - NAMED,
              })}
            </strong>
          </li>
        )}
      </ul>
      {moved > 0 && (
        <Alert color="red" icon={<IconAlertTriangle />}>
          <p className="alert-text">{t('upload.question.careful', { count: moved })}</p>
        </Alert>
      )}
      <div className={classes['answers']}>
        <Button variant="default" onClick={keep} data-autofocus={moved > 0 || undefined}>
          {t('upload.question.keep')}
        </Button>
        {moved > 0 && nobodys > 0 && (
          <Button onClick={() => void giving.start(ofNobody)}>
            {t('upload.question.giveNobody', { count: nobodys })}
          </Button>
        )}
        <Button
          color={moved > 0 ? 'red.9' : undefined}
          data-autofocus={moved === 0 || undefined}
          onClick={() => void giving.start(asked.files)}
        >
          {t('upload.question.give', { count: asked.files.length })}
        </Button>
      </div>
    </div>
  );
}

/** Does what was answered. `done` is null while nothing is being done; `outcome` is there when not all of it succeeded. */
function useGiving(asked: Misplaced, patient: string, onAsked: (asked: Misplaced | null) => void) {
  const { t } = useTranslation();
  const { api, uploads } = useServices();
  const queries = useQueryClient();
  const [done, setDone] = useState<number | null>(null);
  const [total, setTotal] = useState(0);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const start = async (files: readonly UploadItem[]) => {
    onAsked(asked);
    setTotal(files.length);
    setDone(0);
    const step = () => setDone((before) => (before ?? 0) + 1);
    const result = await give(api, { ...asked, files }, (file) => uploads.learn(file), step);
    // Those that were left out on purpose stay where they are.
    uploads.keep(asked.files.filter((file) => !files.includes(file)).map(({ key }) => key));
    void filesChanged(queries);
    void queries.invalidateQueries({ queryKey: ['patients', 'studies'] });
    const count = result.succeeded.length;
    if (count > 0) {
      notifications.show({ message: t('upload.question.given', { count, patient }), color: 'teal' });
    }
    setDone(null);
    if (result.failures.length > 0) setOutcome(result);
    else onAsked(null);
  };
  return { start, done, total, outcome };
}

function Failures({ asked, outcome, onClose }: { asked: Misplaced; outcome: Outcome; onClose: () => void }) {
  const { t } = useTranslation();
  const names = new Map(asked.files.map(({ fileId, path }) => [fileId, path]));
  return (
    <div className={classes['question']} role="alert">
      <p>{t('upload.question.failed', { count: outcome.failures.length })}</p>
      <ul className={classes['failures']}>
        {outcome.failures.map(({ id, error }) => (
          <li key={id}>
            <strong>{names.get(id)}</strong>:{' '}
            {error instanceof MovedMeanwhile ? t('upload.question.changed') : reasonText(error, t)}
          </li>
        ))}
      </ul>
      <div className={classes['answers']}>
        <Button onClick={onClose}>{t('app.close')}</Button>
      </div>
    </div>
  );
}

/** A patient as people know them: name and id, or the id alone while the name is not known. */
function usePatientNames(ids: string[]): (id: string) => string {
  const { api } = useServices();
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['patients', 'one', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.patient(id, signal),
    })),
  });
  const names = new Map(ids.map((id, index) => [id, found[index]?.data?.name]));
  return (id) => {
    const name = names.get(id);
    return name === undefined ? id : `${name} (${id})`;
  };
}
