import { Button, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { noticeText } from '../i18n/errors';
import { lazily } from '../shell/lazily';
import { Failure } from '../shell/states';
import type { Stage } from '../viewer/stage';
import { Viewer } from '../viewer/Viewer';
import { allFiles, contentOf } from './files';
import classes from './StudyPage.module.css';

// Cornerstone3D and its decoders: only for those who read.
const SeriesViewer = lazily(
  'viewer',
  () => import('../viewer/SeriesViewer').then((m) => m.SeriesViewer),
  () => <Waiting />,
);

interface Props {
  seriesId: number;
  of: number | null;
  title: string;
  onLook?: (index: number, stage: Stage) => void;
}

/** A series as it is to be read: slices as a stack, clips one by one, and what has no picture as what it is. */
export function Reading({ seriesId, of, title, onLook }: Props) {
  const { api } = useServices();
  const files = useQuery({
    queryKey: ['images', 'series', seriesId, of],
    queryFn: ({ signal }) =>
      allFiles((cursor) => api.seriesFiles(seriesId, { cursor, uploaded_by: of, page_size: 100 }, signal)),
    // The order must not change under the eyes of whoever reads.
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  });
  if (files.isError) return <Failure error={files.error} onRetry={() => void files.refetch()} />;
  if (!files.data) return <Waiting />;
  return <Content files={files.data} title={title} onLook={onLook} />;
}

function Content({ files, title, onLook }: { files: ImageFile[]; title: string; onLook: Props['onLook'] }) {
  const { t } = useTranslation();
  const content = useMemo(() => contentOf(files), [files]);
  const [clip, setClip] = useState<ImageFile | null>(null);
  const shown = clip ?? (content.stack.length === 0 ? (content.clips[0] ?? content.others[0]) : null);
  const documents = [...content.clips, ...content.others];
  return (
    <div className={classes['reading']}>
      <div className={classes['film']}>
        {shown ? (
          <Viewer key={shown.id} file={shown} />
        ) : (
          <SeriesViewer files={content.stack} first={0} title={title} onLook={onLook} />
        )}
      </div>
      {(documents.length > 1 || (documents.length > 0 && content.stack.length > 0)) && (
        <ul className={classes['documents']} aria-label={t('studies.documents')}>
          {clip && content.stack.length > 0 && (
            <li>
              <Button size="compact-sm" variant="default" onClick={() => setClip(null)}>
                {t('studies.backToStack')}
              </Button>
            </li>
          )}
          {documents.map((file) => (
            <li key={file.id}>
              <Button size="compact-sm" variant="subtle" onClick={() => setClip(file)}>
                {file.original_filename}
              </Button>
              <span className="quiet">{kindOf(file, t)}</span>
              <Link to={`/images/${file.id}`}>{t('viewer.openFile')}</Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** What a file is, if it is no picture. */
function kindOf(file: ImageFile, t: ReturnType<typeof useTranslation>['t']): string {
  const frames = file.dicom?.number_of_frames ?? 1;
  if (frames > 1) return t('studies.frames', { count: frames });
  const [notice] = file.warnings;
  return notice ? noticeText(notice, t) : file.file_type;
}

function Waiting() {
  return (
    <div className={classes['waiting']} role="status">
      <Loader color="gray" />
    </div>
  );
}
