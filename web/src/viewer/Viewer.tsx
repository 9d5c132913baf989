import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { Failure } from '../shell/states';
import { fetchBytes } from './fetchBytes';
import { PictureViewer } from './PictureViewer';
import classes from './Viewer.module.css';

// Cornerstone3D and its decoders: only for those who open a DICOM file.
const DicomViewer = lazy(() => import('./DicomViewer').then((module) => ({ default: module.DicomViewer })));

/** Types a browser shows by itself. */
const BROWSER_TYPES = new Set(['JPEG', 'PNG']);

/** The right viewer for a file, and the server's preview when the browser cannot show the original. */
export function Viewer({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const fail = useCallback((error?: unknown) => {
    console.error('viewer', error);
    setFailed(true);
  }, []);

  if (file.status === 'UPLOADING') return <Status text={t('detail.uploading')} />;
  if (failed && file.preview_url === null) return <Status text={t('viewer.failed')} />;
  if (!failed && file.file_type === 'DICOM') return <Dicom file={file} onFailed={fail} />;
  if (!failed && BROWSER_TYPES.has(file.file_type)) return <Original file={file} onFailed={fail} />;
  if (file.preview_url !== null) {
    return (
      <PictureViewer url={file.preview_url} notice={t('viewer.preview')} onFailed={() => setFailed(true)} />
    );
  }
  return <Status text={t(file.status === 'PROCESSING' ? 'detail.processing' : 'detail.notViewable')} />;
}

interface Props {
  file: ImageFile;
  onFailed: (error?: unknown) => void;
}

function useOriginal(file: ImageFile) {
  const { api } = useServices();
  return useQuery({
    queryKey: ['original', file.id],
    queryFn: () => api.download(file.id),
    // The URL is only used at once; a later visit signs a new one and is logged as such.
    staleTime: 60_000,
    gcTime: 60_000,
  });
}

function Original({ file, onFailed }: Props) {
  const original = useOriginal(file);
  if (original.isError) return <Failure error={original.error} onRetry={() => void original.refetch()} />;
  if (!original.data) return <Waiting />;
  return <PictureViewer url={original.data.url} onFailed={onFailed} />;
}

function Dicom({ file, onFailed }: Props) {
  const { api } = useServices();
  const { t } = useTranslation();
  const [percent, setPercent] = useState('');
  const bytes = useQuery({
    queryKey: ['original-bytes', file.id, file.file_hash],
    queryFn: async ({ signal }) => {
      const { url } = await api.download(file.id);
      return fetchBytes(url, signal, (share) => setPercent(`${Math.floor(share * 100)} %`));
    },
    staleTime: Infinity,
    // Originals never change, but they are large: only the last few are kept.
    gcTime: 30_000,
  });
  if (bytes.isError) return <Failure error={bytes.error} onRetry={() => void bytes.refetch()} />;
  if (!bytes.data) return <Waiting text={t('viewer.loading', { percent })} />;
  return (
    <Suspense fallback={<Waiting text={t('viewer.loading', { percent: '' })} />}>
      <DicomViewer bytes={bytes.data} modality={file.modality} onFailed={onFailed} />
    </Suspense>
  );
}

function Waiting({ text }: { text?: string }) {
  return (
    <div className={classes['viewer']}>
      <div className={classes['status']} role="status">
        <Loader color="gray" />
        {text}
      </div>
    </div>
  );
}

function Status({ text }: { text: string }) {
  return (
    <div className={classes['viewer']}>
      <div className={classes['status']} role="status">
        {text}
      </div>
    </div>
  );
}
