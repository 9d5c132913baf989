import { Loader } from '@mantine/core';
import { lazily } from '../shell/lazily';
import classes from './Viewer.module.css';

// Cornerstone3D and its decoders: only for those who read. The name is its own: code is kept by name.
export const SeriesViewer = lazily(
  'series-viewer',
  () => import('./SeriesViewer').then((m) => m.SeriesViewer),
  Opening,
);

/** In the place of pictures that are on their way. */
export function Opening() {
  return (
    <div className={classes['viewer']}>
      <div className={classes['status']} role="status">
        <Loader color="gray" />
      </div>
    </div>
  );
}
