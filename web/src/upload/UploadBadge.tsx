import { isRunning } from './item';
import classes from './UploadBadge.module.css';
import { useUploads } from './useUploads';

/** How many files are still on their way, seen from every page. */
export function UploadBadge() {
  const running = useUploads().items.filter(isRunning).length;
  return running > 0 ? <span className={classes['badge']}>{running}</span> : null;
}
