import { ActionIcon, Progress } from '@mantine/core';
import {
  IconAlertCircle,
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
import { isOver, isRetryable, isRunning, type UploadItem, type UploadStateName } from './item';
import { reasonText } from './reasonText';
import classes from './UploadRow.module.css';

const ICONS: Partial<Record<UploadStateName, typeof IconFile>> = {
  done: IconCircleCheck,
  duplicate: IconCopyCheck,
  failed: IconAlertCircle,
  offline: IconCloudOff,
};

export const UploadRow = memo(function UploadRow({ item }: { item: UploadItem }) {
  const { t } = useTranslation();
  const Icon = ICONS[item.state] ?? IconFile;
  const percent = item.file.size === 0 ? 0 : (item.sent / item.file.size) * 100;
  const state = item.state === 'failed' ? reasonText(item.error, t) : t(`upload.state.${item.state}`);
  return (
    <div className={classes['row']} data-state={item.state}>
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
      {!isOver(item) && (
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
      {item.fileId !== null && (item.state === 'done' || item.state === 'duplicate') && (
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
      {!isOver(item) && (
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
