import { useTranslation } from 'react-i18next';
import type { FileStatus } from '../api/types';
import { statusLabel } from '../i18n/labels';
import classes from './StatusBadge.module.css';

/** A word and a colour: colour alone would not reach everybody. */
export function StatusBadge({ status }: { status: FileStatus }) {
  const { t } = useTranslation();
  return (
    <span className={classes['badge']} data-status={status}>
      {statusLabel(status, t)}
    </span>
  );
}
