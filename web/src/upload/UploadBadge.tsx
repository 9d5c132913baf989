import { useTranslation } from 'react-i18next';
import { misplacedOf } from './assign';
import { isRunning } from './item';
import classes from './UploadBadge.module.css';
import { useUploads } from './useUploads';

/** How many files are still on their way, or that a question about them is open; seen from every page. */
export function UploadBadge() {
  const { t } = useTranslation();
  const { items } = useUploads();
  const running = items.filter(isRunning).length;
  if (running > 0) return <span className={classes['badge']}>{running}</span>;
  const open = misplacedOf(items);
  if (!open) return null;
  return (
    <span className={classes['badge']} title={t('upload.question.open', { count: open.files.length })}>
      ?
    </span>
  );
}
