import { Alert, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconTrashOff } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { errorText } from '../i18n/errors';
import { filesChanged } from '../images/changed';
import type { UploadItem } from './item';

/** Files that lie in the trash are offered back instead of a second copy. Nobody has to answer: the new ones arrive all the same. */
export function TrashQuestion({ items }: { items: readonly UploadItem[] }) {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const trashed = items.filter(({ inTrash, state }) => inTrash !== null && state !== 'cancelled');
  if (trashed.length === 0) return null;
  const restore = async () => {
    setBusy(true);
    // One after the other: two of them may be the same file.
    for (const { key } of trashed) {
      await uploads
        .restoreInstead(key)
        .catch((error: unknown) => notifications.show({ message: errorText(error, t), color: 'red' }));
    }
    void filesChanged(queries);
    setBusy(false);
  };
  return (
    <Alert
      color="yellow"
      icon={<IconTrashOff />}
      title={t('upload.trash.title', { count: trashed.length })}
      role="status"
    >
      <p className="alert-text">{t('upload.trash.hint')}</p>
      <Button.Group>
        <Button size="xs" loading={busy} onClick={() => void restore()}>
          {t('upload.trash.restore', { count: trashed.length })}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          onClick={() => uploads.keepNew(trashed.map(({ key }) => key))}
        >
          {t('upload.trash.keep')}
        </Button>
      </Button.Group>
    </Alert>
  );
}
