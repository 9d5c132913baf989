import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { ImageFile } from '../api/types';
import { noticeText } from '../i18n/errors';
import { typeLabel } from '../i18n/labels';
import { SeriesViewer } from '../viewer/LazySeriesViewer';
import type { Stage } from '../viewer/stage';
import { Viewer } from '../viewer/Viewer';
import { contentOf } from './files';
import classes from './StudyPage.module.css';

interface Props {
  files: readonly ImageFile[];
  title: string;
  /** How far through the stack it begins, from 0 to 1. */
  begin: number;
  /** It takes the keys when it opens, unless somebody is elsewhere. */
  takesKeys: boolean;
  onLook: (index: number, stage: Stage) => void;
}

/** A series as it is to be read: slices as a stack, clips one by one, and what has no picture as what it is. */
export function Reading({ files, title, begin, takesKeys, onLook }: Props) {
  const { t } = useTranslation();
  const { stack, clips, others } = useMemo(() => contentOf(files), [files]);
  const documents = [...clips, ...others];
  const [chosen, setChosen] = useState<ImageFile | null>(null);
  const shown = chosen ?? (stack.length === 0 ? (documents[0] ?? null) : null);
  const first = Math.round(begin * Math.max(0, stack.length - 1));
  const onOpened = useTakingKeys(takesKeys, onLook);
  const listed = documents.length > 1 || (documents.length > 0 && stack.length > 0);
  return (
    <>
      <Gaps stack={stack} />
      <div className={classes['film']}>
        {shown ? (
          <Viewer key={shown.id} file={shown} />
        ) : (
          <SeriesViewer files={stack} first={first} title={title} onLook={onOpened} />
        )}
      </div>
      {listed && (
        <ul className={classes['documents']} aria-label={t('studies.documents')}>
          {chosen && stack.length > 0 && (
            <li>
              <Button size="compact-sm" variant="default" onClick={() => setChosen(null)}>
                {t('studies.backToStack')}
              </Button>
            </li>
          )}
          {documents.map((file) => (
            <li key={file.id}>
              <Button
                size="compact-sm"
                variant={file === shown ? 'light' : 'subtle'}
                aria-pressed={file === shown}
                onClick={() => setChosen(file)}
              >
                {file.original_filename}
              </Button>
              <span className="quiet">{kindOf(file, t)}</span>
              <Link to={`/images/${file.id}`}>{t('viewer.openFile')}</Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** So many of the slices that cannot be shown are named. */
const NAMED = 10;

/** Slices that could not be read. Who turns the pages quickly would not see that one is missing. */
function Gaps({ stack }: { stack: readonly ImageFile[] }) {
  const { t } = useTranslation();
  const gaps = stack.flatMap(({ status }, index) => (status === 'FAILED' ? [index + 1] : []));
  if (gaps.length === 0) return null;
  const named = gaps.slice(0, NAMED).join(', ') + (gaps.length > NAMED ? ' …' : '');
  return (
    <p className={classes['gaps']} role="note">
      <IconAlertTriangle size={16} aria-hidden /> {t('studies.gaps', { count: gaps.length, slices: named })}
    </p>
  );
}

/** Whoever opens a study reads on with the keys at once; whoever has gone elsewhere meanwhile is left there. */
function useTakingKeys(takesKeys: boolean, onLook: Props['onLook']) {
  const seen = useRef<Stage | null>(null);
  return useCallback(
    (index: number, stage: Stage) => {
      if (takesKeys && seen.current !== stage && document.activeElement === document.body) stage.focus();
      seen.current = stage;
      onLook(index, stage);
    },
    [takesKeys, onLook],
  );
}

/** What a file is, if it is no slice. */
function kindOf(file: ImageFile, t: ReturnType<typeof useTranslation>['t']): string {
  const frames = file.dicom?.number_of_frames ?? 1;
  if (frames > 1) return t('studies.frames', { count: frames });
  const [notice] = file.warnings;
  return notice ? noticeText(notice, t) : typeLabel(file.file_type, t);
}
