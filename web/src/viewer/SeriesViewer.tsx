import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { Failure } from '../shell/states';
import { captionOf } from './caption';
import { fetchPreview } from './compare';
import { DicomViewer } from './DicomViewer';
import { isLike } from './likeness';
import { Series } from './series';
import type { Stage, StageView } from './stage';
import classes from './Viewer.module.css';
import { inTime } from './watch';

interface Props {
  /** In reading order, all of them with a picture. */
  files: readonly ImageFile[];
  /** The slice that is shown at first, counted from 0. */
  first: number;
  /** A line above the others: which series it is. */
  title: string;
  onLook?: ((index: number, stage: Stage) => void) | undefined;
}

/** A slice that rests so long is held against the server's preview. */
const RESTS_MS = 600;
const SIGNING_MS = 30_000;

/** A series as a stack. The first slice is shown once it is like the server's preview; the others are compared where one stays. */
export function SeriesViewer({ files, first, title, onLook }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const series = useMemo(() => new Series(api, files, first), [api, files, first]);
  const [index, setIndex] = useState(first);
  const [failed, setFailed] = useState<unknown>(null);
  const differing = useDiffering(files);
  useEffect(() => () => series.close(), [series]);
  const preview = useFirstPreview(files[first]);
  const { look: compareAtRest } = differing;
  const onView = useCallback(
    (view: StageView, stage: Stage) => {
      const now = view.frame - 1;
      setIndex(now);
      series.look(now);
      compareAtRest(now, view, stage);
      onLook?.(now, stage);
    },
    [series, compareAtRest, onLook],
  );
  const file = files[index];
  if (failed !== null) {
    return (
      <div className={classes['viewer']}>
        <div className={classes['status']}>
          <Failure error={failed} onRetry={() => setFailed(null)} />
        </div>
      </div>
    );
  }
  if (preview === undefined) return <div className={classes['viewer']} aria-busy="true" />;
  const caption = file && captionOf(file);
  return (
    <DicomViewer
      source={series.source}
      preview={preview}
      caption={caption && { ...caption, study: [...caption.study, title] }}
      notice={
        file && differing.frames.has(file.id) ? (
          <>
            <span>{t('viewer.differs')}</span>
            <Button component={Link} to={`/images/${file.id}`} size="compact-xs" variant="white" color="dark">
              {t('viewer.openFile')}
            </Button>
          </>
        ) : undefined
      }
      onFailed={setFailed}
      onView={onView}
    />
  );
}

function useFirstPreview(file: ImageFile | undefined): ImageBitmap | null | undefined {
  const url = file?.preview_url ?? null;
  const preview = useQuery({
    queryKey: ['preview', file?.id, url !== null],
    queryFn: ({ signal }) => inTime(fetchPreview(url ?? '', signal), SIGNING_MS),
    enabled: url !== null,
    retry: 1,
    staleTime: Infinity,
    gcTime: 30_000,
  });
  return url === null || preview.isError ? null : preview.data;
}

/** Slices that are not what the server shows. Each is compared once, as long as nobody has changed how it is shown. */
function useDiffering(files: readonly ImageFile[]) {
  const [frames, setFrames] = useState<ReadonlySet<number>>(new Set());
  const compared = useRef(new Set<number>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const look = useCallback(
    (index: number, view: StageView, stage: Stage) => {
      clearTimeout(timer.current);
      const file = files[index];
      if (!file?.preview_url || view.isBroken || !view.isUntouched || compared.current.has(file.id)) return;
      const { id, preview_url: url } = file;
      timer.current = setTimeout(() => {
        const compare = async () => {
          const preview = await fetchPreview(url, AbortSignal.timeout(SIGNING_MS));
          const now = stage.view();
          if (now.frame !== index + 1 || !now.isUntouched) return;
          compared.current.add(id);
          const difference = await stage.compare(preview);
          if (!isLike(difference)) setFrames((before) => new Set([...before, id]));
        };
        // Without a preview there is nothing to compare with.
        compare().catch(() => undefined);
      }, RESTS_MS);
    },
    [files],
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  return { frames, look };
}
