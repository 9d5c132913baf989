import { Alert, Button, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconUserQuestion } from '@tabler/icons-react';
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { errorText } from '../i18n/errors';
import { filesChanged } from '../images/changed';
import { PatientSelect } from '../patients/PatientSelect';
import classes from './HeaderQuestion.module.css';
import { assignAll, headerGroups, isPatientId, isSameName, patientOf, type HeaderGroup } from './headers';
import { isRunning, type UploadItem } from './item';

/** What is to become of a group. */
type Answer = { act: 'give' | 'create' | 'leave' } | { act: 'other'; patientId: string | null };

/**
 * Files that were dropped for nobody may name a patient in their headers. When a drop is through, the page says what it
 * found, and one confirmation decides for all of it; nothing happens without it.
 */
export function HeaderQuestion({ items }: { items: readonly UploadItem[] }) {
  const { t } = useTranslation();
  const groups = headerGroups(items);
  const busy = items.some((item) => isRunning(item) || item.state === 'processing');
  if (groups.length === 0 || busy) return null;
  return (
    <section className="panel" aria-label={t('upload.headers.title')}>
      <h2 className={classes['title']}>
        <IconUserQuestion aria-hidden /> {t('upload.headers.title')}
      </h2>
      <Groups key={groups.map(({ key }) => key).join()} groups={groups} />
    </section>
  );
}

function Groups({ groups }: { groups: readonly HeaderGroup[] }) {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const found = usePatients(groups);
  const [answers, setAnswers] = useState<ReadonlyMap<string, Answer>>(new Map());
  const deciding = useDeciding();
  const proposals = groups.map((group, index) => {
    const patient = found[index]?.data;
    return { group, patient, answer: answers.get(group.key) ?? proposed(group, patient) };
  });
  const isKnown = found.every(({ isPending }) => !isPending);
  const isOpen = proposals.some(({ answer }) => answer.act === 'other' && answer.patientId === null);
  const leaveAll = () => uploads.keep(groups.flatMap(({ files }) => files.map(({ key }) => key)));
  return (
    <>
      <ul className={classes['groups']}>
        {proposals.map(({ group, patient, answer }) => (
          <li key={group.key}>
            <Group
              group={group}
              patient={patient ?? null}
              answer={answer}
              onAnswer={(next) => setAnswers(new Map([...answers, [group.key, next]]))}
            />
          </li>
        ))}
      </ul>
      <div className={classes['answers']}>
        <Button variant="default" disabled={deciding.busy} onClick={leaveAll}>
          {t('upload.headers.leaveAll')}
        </Button>
        <Button
          loading={deciding.busy}
          disabled={!isKnown || isOpen}
          onClick={() => void deciding.decide(proposals)}
        >
          {t('upload.headers.confirm')}
        </Button>
      </div>
    </>
  );
}

type Found = { patient_id: string | number; name: string } | null | undefined;

/** What most people want. Somebody with the same number and another name is nobody's guess. */
function proposed({ header }: HeaderGroup, patient: Found): Answer {
  if (patient) return { act: isSameName(patient.name, header.name) ? 'give' : 'leave' };
  return { act: isPatientId(header.id) && header.name !== '' ? 'create' : 'leave' };
}

interface GroupProps {
  group: HeaderGroup;
  patient: Found;
  answer: Answer;
  onAnswer: (answer: Answer) => void;
}

function Group({ group: { header, files }, patient, answer, onAnswer }: GroupProps) {
  const { t } = useTranslation();
  const named = (name: string, id: string) => (name === '' ? id : `${name} (${id})`);
  const inHeader = named(header.name, header.id);
  const differs = patient && header.name !== '' && !isSameName(patient.name, header.name);
  const choices = [
    ...(patient
      ? [
          {
            value: 'give',
            label: t('upload.headers.give', { patient: named(patient.name, String(patient.patient_id)) }),
          },
        ]
      : isPatientId(header.id) && header.name !== ''
        ? [{ value: 'create', label: t('upload.headers.create', { patient: inHeader }) }]
        : []),
    { value: 'other', label: t('upload.headers.other') },
    { value: 'leave', label: t('upload.headers.leave') },
  ];
  const choose = (act: string) =>
    onAnswer(act === 'other' ? { act, patientId: null } : { act: act as 'give' | 'create' | 'leave' });
  return (
    <div className={classes['group']}>
      <span className={classes['found']}>
        {t('upload.headers.found', { count: files.length, patient: inHeader })}
      </span>
      <NativeSelect
        aria-label={t('upload.headers.choice', { patient: inHeader })}
        data={choices}
        value={answer.act}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {answer.act === 'other' && (
        <PatientSelect
          label={t('upload.headers.otherPatient')}
          patientId={answer.patientId}
          onChange={(patientId) => onAnswer({ act: 'other', patientId })}
        />
      )}
      {differs && (
        <Alert color="red" icon={<IconAlertTriangle />} className={classes['wide']}>
          <p className="alert-text">
            {t('upload.headers.differs', { inHeader: header.name, patient: patient.name, id: header.id })}
          </p>
        </Alert>
      )}
    </div>
  );
}

/** Whom the service knows of those in the headers. */
function usePatients(groups: readonly HeaderGroup[]) {
  const { api } = useServices();
  return useQueries({
    queries: groups.map(({ header }) => ({
      queryKey: ['patients', 'of-header', header.id],
      queryFn: ({ signal }: { signal: AbortSignal }) => patientOf(api, header, signal),
    })),
  });
}

interface Proposal {
  group: HeaderGroup;
  patient: Found;
  answer: Answer;
}

/** Does what was confirmed, group by group. What fails stays open and says why. */
function useDeciding() {
  const { t } = useTranslation();
  const { api, uploads } = useServices();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);

  const patientFor = async ({ group: { header }, patient, answer }: Proposal): Promise<string | null> => {
    if (answer.act === 'leave') return null;
    if (answer.act === 'other') return answer.patientId;
    if (answer.act === 'give') return patient ? String(patient.patient_id) : null;
    // Somebody who exists meanwhile is not overwritten: then this fails, and the page asks again.
    const made = await api.putPatient(header.id, { name: header.name });
    return String(made.patient_id);
  };
  const decideOne = async (proposal: Proposal) => {
    const { files, header } = proposal.group;
    const patientId = await patientFor(proposal);
    if (patientId === null) return uploads.keep(files.map(({ key }) => key));
    const ids = files.flatMap(({ fileId }) => (fileId === null ? [] : [fileId]));
    const { succeeded, failures } = await assignAll(api, { ids }, patientId);
    uploads.given(new Set(succeeded), patientId);
    const patient = proposal.answer.act === 'other' ? patientId : `${header.name} (${patientId})`;
    if (succeeded.length > 0) {
      const message = t('upload.question.given', { count: succeeded.length, patient });
      notifications.show({ message, color: 'teal' });
    }
    const first = failures[0];
    if (first) {
      const reason = errorText(first.error, t);
      notifications.show({ message: t('images.partly', { failed: failures.length, reason }), color: 'red' });
    }
  };
  const decide = async (proposals: readonly Proposal[]) => {
    setBusy(true);
    for (const proposal of proposals) {
      await decideOne(proposal).catch((error: unknown) =>
        notifications.show({ message: errorText(error, t), color: 'red' }),
      );
    }
    await queries.invalidateQueries({ queryKey: ['patients'] });
    void filesChanged(queries);
    setBusy(false);
  };
  return { busy, decide };
}
