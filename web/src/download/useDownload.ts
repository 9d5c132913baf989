import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { membersOf, safeName, type Savable } from './names';
import { saveUrl } from './saveUrl';

/** Saves files: one as it is, several as one archive. `name` is what the archive is called by. */
export function useDownload(): (files: readonly Savable[], name?: string) => Promise<void> {
  const { t } = useTranslation();
  const { api, downloads } = useServices();
  return async (files, name = t('download.name', { count: files.length })) => {
    const [only] = files;
    if (only && files.length === 1) {
      const { url } = await api.download(only.id);
      return saveUrl(url, only.original_filename);
    }
    const members = membersOf(files, t('download.nobody'));
    downloads.start(members, `${safeName(name)}.zip`, (paths) =>
      [t('download.missingFiles'), ...paths, ''].join('\r\n'),
    );
  };
}
