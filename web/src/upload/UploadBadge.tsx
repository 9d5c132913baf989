import { useTranslation } from 'react-i18next';
import { misplacedOf } from './assign';
import { isUnfinished } from './item';
import classes from './UploadBadge.module.css';
import { useUploads } from './useUploads';

/** How many files have not arrived yet, or that a question about them is open; seen from every page. */
export function UploadBadge() {
  const { t } = useTranslation();
  const { items, unfinished } = useUploads();
  const waiting = unfinished.length;
  const missing = items.filter(isUnfinished).length + waiting;
  if (missing > 0) {
    const title = waiting > 0 ? t('upload.unfinishedTitle', { count: waiting }) : undefined;
    return (
      <span className={classes['badge']} title={title}>
        {missing}
      </span>
    );
  }
  const open = misplacedOf(items);
  if (!open) return null;
  return (
    <span className={classes['badge']} title={t('upload.question.open', { count: open.files.length })}>
      ?
    </span>
  );
}
