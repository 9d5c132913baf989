import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { Study } from '../api/types';
import { errorText } from '../i18n/errors';
import { AssignDialog } from '../images/AssignDialog';
import type { Target } from '../upload/headers';
import { allFiles } from './files';

/** Asks whom a whole study is to be given to. `dialog` has to stand somewhere. */
export function useAssigning(study: Study, of: number | null, proposed: string | null = null) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [target, setTarget] = useState<Target>({ studyId: study.id, files: study.file_count });
  const [opened, setOpened] = useState(false);
  const [busy, setBusy] = useState(false);

  /** The service gives whole studies of the caller only: of somebody else's, the files are named. */
  const targetOf = async (): Promise<Target> => {
    if (of === null) return { studyId: study.id, files: study.file_count };
    const files = await allFiles((page) => api.studyFiles(study.id, { ...page, uploaded_by: of }));
    return { ids: files.map(({ id }) => id) };
  };
  const ask = () => {
    setBusy(true);
    targetOf()
      .then((next) => {
        setTarget(next);
        setOpened(true);
      })
      .catch((error: unknown) => notifications.show({ message: errorText(error, t), color: 'red' }))
      .finally(() => setBusy(false));
  };
  const dialog = (
    <AssignDialog
      target={target}
      opened={opened}
      now={study.patient_id}
      proposed={proposed}
      onClose={() => setOpened(false)}
    />
  );
  return { ask, busy, dialog };
}
