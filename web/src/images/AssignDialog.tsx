import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { PatientId } from '../api/types';
import { errorText } from '../i18n/errors';
import { filesChanged } from './changed';
import { PatientChoice } from '../upload/PatientChoice';
import { assignAll, countOf, type Target } from '../upload/headers';
import { Dialog } from '../shell/Dialog';

interface Props {
  target: Target;
  opened: boolean;
  /** Whose it is now, if it is to be said. */
  now?: PatientId | null;
  /** Whom the page proposes; somebody has to confirm it. */
  proposed?: string | null;
  onClose: () => void;
}

/** Gives the chosen files, or a whole study, to one patient. */
export function AssignDialog({ opened, onClose, ...rest }: Props) {
  const { t } = useTranslation();
  const title = t('images.assignTitle', { count: countOf(rest.target) });
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      {opened && <Assign {...rest} onClose={onClose} />}
    </Dialog>
  );
}

function Assign({ target, now = null, proposed = null, onClose }: Omit<Props, 'opened'>) {
  const { t } = useTranslation();
  const { api } = useServices();
  const queries = useQueryClient();
  const [patientId, setPatientId] = useState<string | null>(proposed);
  const [busy, setBusy] = useState(false);
  const save = async (patient: string) => {
    setBusy(true);
    try {
      const { succeeded, failures } = await assignAll(api, target, patient);
      const count = succeeded.length;
      if (count > 0) {
        notifications.show({ message: t('upload.question.given', { count, patient }), color: 'teal' });
      }
      const first = failures[0];
      if (first) {
        const reason = errorText(first.error, t);
        notifications.show({
          message: t('images.partly', { failed: failures.length, reason }),
          color: 'red',
        });
      }
      onClose();
    } catch (error) {
      notifications.show({ message: errorText(error, t), color: 'red' });
      setBusy(false);
    }
    void filesChanged(queries);
    void queries.invalidateQueries({ queryKey: ['patients', 'studies'] });
  };
  return (
    <div className="form">
      <PatientChoice patientId={patientId} onChange={setPatientId} />
      <p className="alert-text">
        {now !== null && <strong>{t('images.assignNow', { patient: now })} </strong>}
        {t('images.assignHint')}
      </p>
      <Button
        loading={busy}
        disabled={patientId === null}
        onClick={() => patientId !== null && void save(patientId)}
      >
        {t('images.assignSave', { count: countOf(target) })}
      </Button>
    </div>
  );
}
