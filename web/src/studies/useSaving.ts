import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImageFile } from '../api/types';
import { useDownload } from '../download/useDownload';
import { errorText } from '../i18n/errors';

/** Saves the files of a study or a series as one archive. They are listed first, which may fail or take a moment. */
export function useSaving() {
  const { t } = useTranslation();
  const download = useDownload();
  const [busy, setBusy] = useState(false);
  const save = async (list: () => Promise<readonly ImageFile[]>, name: string) => {
    setBusy(true);
    try {
      const files = await list();
      if (files.length > 0) await download(files, name);
    } catch (error) {
      notifications.show({ message: errorText(error, t), color: 'red' });
    } finally {
      setBusy(false);
    }
  };
  return { busy, save };
}
