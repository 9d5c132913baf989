import { CloseButton, Progress } from '@mantine/core';
import { IconCircleCheck, IconDownload, IconAlertCircle } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { bytes } from '../format';
import { errorText } from '../i18n/errors';
import classes from './DownloadPanel.module.css';
import type { ZipDownload } from './downloads';

/** Archives under way, on every page. */
export function DownloadPanel() {
  const { t } = useTranslation();
  const { downloads } = useServices();
  const all = useSyncExternalStore(downloads.subscribe, downloads.snapshot);
  if (all.length === 0) return null;
  return (
    <section className={classes['panel']} aria-label={t('download.title')}>
      {all.map((download) => (
        <Row key={download.key} download={download} />
      ))}
    </section>
  );
}

function Row({ download }: { download: ZipDownload }) {
  const { t } = useTranslation();
  const { downloads } = useServices();
  const { key, name, state, bytesDone, bytes: total } = download;
  const running = state === 'running';
  const Icon = running ? IconDownload : state === 'done' ? IconCircleCheck : IconAlertCircle;
  return (
    <div className={classes['row']} data-download={state}>
      <Icon size={20} aria-hidden />
      <span className={classes['name']} title={name}>
        {name}
      </span>
      <CloseButton
        aria-label={t(running ? 'download.cancel' : 'download.dismiss', { name })}
        onClick={() => (running ? downloads.cancel(key) : downloads.dismiss(key))}
      />
      <span className={classes['text']} aria-live={running ? 'off' : 'polite'}>
        {textOf(download, t)}
      </span>
      {running && (
        <Progress
          className={classes['bar']}
          size="sm"
          value={total === 0 ? 0 : (bytesDone / total) * 100}
          aria-label={name}
          transitionDuration={120}
        />
      )}
    </div>
  );
}

function textOf(
  { state, files, filesDone, missing, bytesDone, bytes: total, error }: ZipDownload,
  t: TFunction,
) {
  if (state === 'cancelled') return t('download.cancelled');
  if (state === 'failed') {
    const isTooLarge = error instanceof Error && error.name === 'TooLargeForBrowser';
    return isTooLarge ? t('download.tooLarge') : `${t('download.failed')} ${errorText(error, t)}`;
  }
  const missed = missing > 0 ? t('download.missing', { count: missing }) : '';
  if (state === 'done') return [t('download.done', { count: filesDone }), missed].filter(Boolean).join(' ');
  const progress = t('upload.progressOf', { done: bytes(bytesDone), total: bytes(total) });
  return [t('upload.filesOf', { done: filesDone, total: files }), progress, missed]
    .filter(Boolean)
    .join(' · ');
}
