import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconArchive,
  IconArchiveOff,
  IconDownload,
  IconStack2,
  IconTrash,
  IconUserCheck,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { ImageFile } from '../api/types';
import { errorText } from '../i18n/errors';
import { AssignDialog } from './AssignDialog';
import { ChosenBar } from './ChosenBar';
import type { useBulkActions } from './useBulkActions';

interface Props {
  files: ImageFile[];
  actions: ReturnType<typeof useBulkActions>;
  onClear: () => void;
}

/** What can be done with the chosen files. */
export function SelectionBar({ files, actions, onClear }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [assigning, setAssigning] = useState(false);
  const navigate = useNavigate();
  const films = files.filter(({ file_type, preview_url }) => file_type === 'DICOM' && preview_url !== null);
  const archived = files.filter(({ status }) => status === 'ARCHIVED').map(({ id }) => id);
  const active = files.filter(({ status }) => status === 'PROCESSED').map(({ id }) => id);

  const run = async (act: () => Promise<unknown>) => {
    setBusy(true);
    await act().catch((error: unknown) => notifications.show({ message: errorText(error, t), color: 'red' }));
    setBusy(false);
  };

  return (
    <ChosenBar count={files.length} onClear={onClear}>
      {films.length > 1 && (
        <Button
          size="sm"
          variant="default"
          leftSection={<IconStack2 size={17} />}
          disabled={busy}
          onClick={() => void navigate('/stack', { state: { ids: films.map(({ id }) => id) } })}
        >
          {t('stack.read')}
        </Button>
      )}
      <Button
        size="sm"
        variant="default"
        leftSection={<IconDownload size={17} />}
        loading={busy}
        onClick={() => void run(() => actions.download(files))}
      >
        {t('images.download')}
      </Button>
      <Button
        size="sm"
        variant="default"
        leftSection={<IconUserCheck size={17} />}
        disabled={busy}
        onClick={() => setAssigning(true)}
      >
        {t('images.assign')}
      </Button>
      <AssignDialog
        target={{ ids: files.map(({ id }) => id) }}
        opened={assigning}
        onClose={() => setAssigning(false)}
      />
      {active.length > 0 && (
        <Button
          size="sm"
          variant="default"
          leftSection={<IconArchive size={17} />}
          disabled={busy}
          onClick={() => void run(() => actions.archive(active))}
        >
          {t('images.archive')}
        </Button>
      )}
      {archived.length > 0 && (
        <Button
          size="sm"
          variant="default"
          leftSection={<IconArchiveOff size={17} />}
          disabled={busy}
          onClick={() => void run(() => actions.unarchive(archived))}
        >
          {t('images.unarchive')}
        </Button>
      )}
      <Button
        size="sm"
        color="red.9"
        leftSection={<IconTrash size={17} />}
        disabled={busy}
        onClick={() => void run(() => actions.remove(files.map(({ id }) => id)))}
      >
        {t('images.delete')}
      </Button>
    </ChosenBar>
  );
}
