import { ActionIcon, Progress } from '@mantine/core';
import {
  IconAlertCircle,
  IconAlertTriangle,
  IconCircleCheck,
  IconCloudOff,
  IconCopyCheck,
  IconEye,
  IconFile,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconX,
} from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useServices } from '../app/context';
import { bytes } from '../format';
import {
  isCancellable,
  isInDoubt,
  isJudged,
  isRetryable,
  isRunning,
  isUnfinished,
  type UploadItem,
  type UploadStateName,
} from './item';
import { stateText } from './reasonText';
import classes from './UploadRow.module.css';

const ICONS: Partial<Record<UploadStateName, typeof IconFile>> = {
  done: IconCircleCheck,
  duplicate: IconCopyCheck,
  doubt: IconAlertTriangle,
  failed: IconAlertCircle,
  offline: IconCloudOff,
};

/** The server has a page of it. */
const OPENABLE = new Set<UploadStateName>(['processing', 'done', 'duplicate']);

export const UploadRow = memo(function UploadRow({ item }: { item: UploadItem }) {
  const { t } = useTranslation();
  const standing = isInDoubt(item) ? 'doubt' : item.state;
  const Icon = ICONS[standing] ?? IconFile;
  const percent = item.file.size === 0 ? 0 : (item.sent / item.file.size) * 100;
  const state = stateText(item, t);
  return (
    <div className={classes['row']} data-state={standing}>
      <Icon size={20} className={classes['icon']} aria-hidden />
      <span className={classes['name']} title={item.path}>
        {item.path}
      </span>
      <span className={classes['size']}>
        {isRunning(item) && item.sent > 0
          ? t('upload.progressOf', { done: bytes(item.sent), total: bytes(item.file.size) })
          : bytes(item.file.size)}
      </span>
      <span className={classes['state']} title={state}>
        {state}
      </span>
      {(isUnfinished(item) || item.state === 'failed') && !isJudged(item) && (
        <Progress
          className={classes['bar']}
          size="sm"
          value={percent}
          aria-label={item.path}
          transitionDuration={120}
        />
      )}
      <RowActions item={item} />
    </div>
  );
});

function RowActions({ item }: { item: UploadItem }) {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const name = item.file.name;
  return (
    <span className={classes['actions']}>
      {item.fileId !== null && (isJudged(item) || OPENABLE.has(item.state)) && (
        <ActionIcon
          component={Link}
          to={`/images/${item.fileId}`}
          variant="subtle"
          aria-label={t('upload.open', { name })}
        >
          <IconEye size={18} />
        </ActionIcon>
      )}
      {isRunning(item) && item.state !== 'finishing' && (
        <ActionIcon
          variant="subtle"
          aria-label={t('upload.pause', { name })}
          onClick={() => uploads.pause(item.key)}
        >
          <IconPlayerPause size={18} />
        </ActionIcon>
      )}
      {item.state === 'paused' && (
        <ActionIcon
          variant="subtle"
          aria-label={t('upload.resume', { name })}
          onClick={() => uploads.resume(item.key)}
        >
          <IconPlayerPlay size={18} />
        </ActionIcon>
      )}
      {isRetryable(item) && (
        <ActionIcon
          variant="subtle"
          aria-label={t('upload.retry', { name })}
          onClick={() => uploads.resume(item.key)}
        >
          <IconRefresh size={18} />
        </ActionIcon>
      )}
      {isJudged(item) && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('upload.remove', { name })}
          onClick={() => uploads.remove(item.key)}
        >
          <IconX size={18} />
        </ActionIcon>
      )}
      {isCancellable(item) && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('upload.cancel', { name })}
          onClick={() => uploads.cancel(item.key)}
        >
          <IconX size={18} />
        </ActionIcon>
      )}
    </span>
  );
}
