import { Alert, Button, Progress } from '@mantine/core';
import { IconCloudOff, IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { bytes, duration } from '../format';
import type { TFunction } from 'i18next';
import { CancelAll } from './CancelAll';
import { progressOf, type Progress as Totals } from './progress';
import type { QueueView } from './queue';
import classes from './UploadSummary.module.css';

/** All files together: how far, how fast, how long still, and the buttons for all of them. */
export function UploadSummary({ view }: { view: QueueView }) {
  const { t } = useTranslation();
  const totals = progressOf(view.items, view.speed);
  const percent = totals.bytes === 0 ? 0 : (totals.bytesDone / totals.bytes) * 100;
  return (
    <section className="panel" aria-label={t('upload.overall')}>
      <div className={classes['line']}>
        <strong>{t('upload.filesOf', { done: totals.filesDone, total: totals.files })}</strong>
        <span>{t('upload.progressOf', { done: bytes(totals.bytesDone), total: bytes(totals.bytes) })}</span>
        {totals.running > 0 && view.speed > 0 && !totals.offline && (
          <span>{t('upload.speed', { speed: bytes(view.speed) })}</span>
        )}
        {totals.remaining !== null && (
          <span>{t('upload.remaining', { time: duration(totals.remaining, t) })}</span>
        )}
      </div>
      <Progress value={percent} size="lg" aria-label={t('upload.overall')} transitionDuration={120} />
      {totals.offline && (
        <Alert mt="sm" color="orange" icon={<IconCloudOff />} role="status">
          {t('upload.offline')}
        </Alert>
      )}
      {/* Counts that run would be read out without end. */}
      <p className={classes['result']} aria-live={isThrough(totals) ? 'polite' : 'off'}>
        {resultText(totals, t)}
      </p>
      <Actions totals={totals} />
    </section>
  );
}

const isThrough = ({ files, running, paused, processing }: Totals) =>
  files > 0 && running + paused + processing === 0;

/** What has become of the files: what needs a person first, and what there is none of is left out while some run. */
function resultText(totals: Totals, t: TFunction): string {
  const through = isThrough(totals);
  const counts = (['failed', 'doubt', 'processing', 'ready', 'pictureless', 'existing'] as const)
    .filter((name) => totals[name] > 0 || (through && (name === 'ready' || name === 'existing')))
    .map((name) => t(`upload.counts.${name}`, { count: totals[name] }));
  return [through ? t('upload.finished') : '', counts.join(t('upload.comma'))].filter(Boolean).join('');
}

function Actions({ totals }: { totals: Totals }) {
  const { t } = useTranslation();
  const { uploads } = useServices();
  return (
    <div className={classes['line']}>
      {totals.running > 0 && (
        <Button
          size="sm"
          variant="default"
          leftSection={<IconPlayerPause size={17} />}
          onClick={uploads.pauseAll}
        >
          {t('upload.pauseAll')}
        </Button>
      )}
      {totals.paused > 0 && (
        <Button size="sm" leftSection={<IconPlayerPlay size={17} />} onClick={uploads.resumeAll}>
          {t('upload.resumeAll')}
        </Button>
      )}
      {totals.retryable > 0 && (
        <Button size="sm" leftSection={<IconRefresh size={17} />} onClick={uploads.retryAll}>
          {t('upload.retryAll', { count: totals.retryable })}
        </Button>
      )}
      {totals.cancellable > 0 && <CancelAll count={totals.cancellable} />}
      {totals.clearable > 0 && (
        <Button size="sm" variant="subtle" onClick={uploads.clearDone}>
          {t('upload.clearDone')}
        </Button>
      )}
      {totals.judged > 0 && totals.running + totals.processing === 0 && (
        <Button size="sm" variant="subtle" onClick={uploads.clearJudged}>
          {t('upload.clearJudged')}
        </Button>
      )}
    </div>
  );
}
