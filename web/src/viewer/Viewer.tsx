import { Button, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { documentKind } from '../elements/kinds';
import { noticeText } from '../i18n/errors';
import { lazily } from '../shell/lazily';
import { Failure } from '../shell/states';
import { captionOf } from './caption';
import { compare, Differs, fetchPreview } from './compare';
import { fetchBytes } from './fetchBytes';
import { isLike, PHOTO } from './likeness';
import { PictureViewer } from './PictureViewer';
import classes from './Viewer.module.css';
import { inTime } from './watch';

// Cornerstone3D and its decoders: only for those who open a DICOM file.
const DicomViewer = lazily(
  'viewer',
  () => import('./DicomViewer').then((m) => m.DicomViewer),
  () => <Waiting />,
);

const DocumentPanel = lazily(
  'document-panel',
  () => import('../elements/DocumentPanel').then((m) => m.DocumentPanel),
  () => <Waiting />,
);

/** Types a browser shows by itself. */
const BROWSER_TYPES = new Set(['JPEG', 'PNG']);
/** The server is still at work on the file. */
const MOVING = new Set(['UPLOADED', 'PROCESSING']);
/** Why the server has no picture of a file that may have one all the same. */
const PERHAPS = new Set([
  'decoder_failed',
  'timed_out',
  'too_large',
  'unsupported_compression',
  'unsupported_pixels',
]);
/** An address is signed within seconds, or not at all. */
const SIGNING_MS = 30_000;

/** The file itself, what the server made of it, or a sentence why there is neither. */
type Shown = 'original' | 'preview' | 'nothing';

/**
 * The right viewer for a file. What it draws is held against the server's preview; when it differs, fails or takes too
 * long, the preview is shown instead, and says so.
 */
export function Viewer({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown>('original');
  const [unchecked, setUnchecked] = useState(false);
  const fail = useCallback((error?: unknown) => {
    console.error('viewer', error);
    setShown('preview');
  }, []);
  const again = (
    <Button size="compact-xs" variant="white" color="dark" onClick={() => setShown('original')}>
      {t('viewer.again')}
    </Button>
  );

  if (documentKind(file)) return <DocumentPanel file={file} />;
  if (file.status === 'UPLOADING') return <Status text={t('detail.uploading')} />;
  if (shown === 'nothing' || (shown === 'preview' && file.preview_url === null)) {
    return <Status text={t('viewer.failed')}>{again}</Status>;
  }
  const preview = (notice: ReactNode) => (
    <PictureViewer url={file.preview_url ?? ''} notice={notice} onFailed={() => setShown('nothing')} />
  );
  if (shown === 'preview') {
    return preview(
      <>
        <span>{fallbackText(file, t)}</span> {again}
      </>,
    );
  }
  if (file.file_type === 'DICOM') {
    if (file.preview_url !== null || unchecked) return <Dicom file={file} onFailed={fail} />;
    return <NoPicture file={file} onTry={() => setUnchecked(true)} />;
  }
  if (BROWSER_TYPES.has(file.file_type)) return <Original file={file} onFailed={fail} />;
  return file.preview_url === null ? <NoPicture file={file} /> : preview(t('viewer.preview'));
}

function fallbackText(file: ImageFile, t: ReturnType<typeof useTranslation>['t']): string {
  const total = file.dicom?.number_of_frames ?? 1;
  const frame = total > 1 ? t('viewer.fallbackFrame', { frame: Math.floor(total / 2) + 1, total }) : '';
  return [t('viewer.fallback'), frame].filter(Boolean).join(' ');
}

/** Why the server has no picture; perhaps the browser finds one that nobody can vouch for. */
function NoPicture({ file, onTry }: { file: ImageFile; onTry?: () => void }) {
  const { t } = useTranslation();
  if (MOVING.has(file.status)) return <Status text={t('detail.processing')} />;
  const notices = [file.status_reason, ...file.warnings].filter((notice) => notice !== null);
  const reasons = notices.filter(({ code }) => code !== 'patient_mismatch' && code !== 'type_mismatch');
  const perhaps = reasons.some(({ code }) => PERHAPS.has(code));
  return (
    <Status text={t('detail.notViewable')}>
      {reasons.map((notice) => (
        <span key={notice.code}>{noticeText(notice, t)}</span>
      ))}
      {perhaps && onTry && (
        <Button size="xs" variant="default" onClick={onTry}>
          {t('viewer.tryUnchecked')}
        </Button>
      )}
    </Status>
  );
}

interface Props {
  file: ImageFile;
  onFailed: (error?: unknown) => void;
}

/** The server's preview to compare with; null when there is none, undefined until that is known. */
function usePreview({ id, preview_url: url }: ImageFile): ImageBitmap | null | undefined {
  const preview = useQuery({
    // The address of one preview changes with its signature.
    queryKey: ['preview', id, url !== null],
    queryFn: ({ signal }) => inTime(fetchPreview(url ?? '', signal), SIGNING_MS),
    enabled: url !== null,
    retry: 1,
    staleTime: Infinity,
    gcTime: 30_000,
  });
  return url === null || preview.isError ? null : preview.data;
}

function Original({ file, onFailed }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [image, setImage] = useState<HTMLImageElement | null>(null);
  const preview = usePreview(file);
  const original = useQuery({
    queryKey: ['original', file.id],
    queryFn: () => inTime(api.download(file.id), SIGNING_MS),
    // The URL is only used at once; a later visit signs a new one and is logged as such.
    staleTime: 60_000,
    gcTime: 60_000,
  });
  useEffect(() => {
    if (!image || !preview) return;
    const whole = { x: 0, y: 0, width: image.naturalWidth, height: image.naturalHeight };
    // What is transparent is shown on white, by the server too.
    const difference = compare(image, whole, '#fff', preview);
    if (!isLike(difference, PHOTO)) onFailed(new Differs(difference));
  }, [image, preview, onFailed]);
  useFallback(original.error, file, onFailed);
  if (original.isError) return <Failure error={original.error} onRetry={() => void original.refetch()} />;
  if (!original.data) return <Waiting />;
  return (
    <PictureViewer
      url={original.data.url}
      notice={preview === null && !MOVING.has(file.status) ? t('viewer.unchecked') : undefined}
      readable
      onShown={setImage}
      onFailed={onFailed}
    />
  );
}

function Dicom({ file, onFailed }: Props) {
  const { api } = useServices();
  const { t } = useTranslation();
  const [percent, setPercent] = useState('');
  const preview = usePreview(file);
  const bytes = useQuery({
    queryKey: ['original-bytes', file.id, file.file_hash],
    queryFn: async ({ signal }) => {
      const { url } = await inTime(api.download(file.id), SIGNING_MS);
      return fetchBytes(url, signal, (share) => setPercent(`${Math.floor(share * 100)} %`));
    },
    staleTime: Infinity,
    // Originals never change, but they are large: only the last few are kept.
    gcTime: 30_000,
  });
  useFallback(bytes.error, file, onFailed);
  if (bytes.isError) return <Failure error={bytes.error} onRetry={() => void bytes.refetch()} />;
  if (!bytes.data || preview === undefined) return <Waiting text={t('viewer.loading', { percent })} />;
  return <OpenDicom file={file} bytes={bytes.data} preview={preview} onFailed={onFailed} />;
}

function OpenDicom({ file, bytes, preview, onFailed }: Props & { bytes: Blob; preview: ImageBitmap | null }) {
  const { t } = useTranslation();
  const { modality } = file;
  const source = useMemo(
    () => ({
      open: () => import('./loader').then(({ openFile }) => openFile(bytes)),
      modality,
      first: 1,
    }),
    [bytes, modality],
  );
  return (
    <DicomViewer
      source={source}
      preview={preview}
      notice={preview === null ? t('viewer.unchecked') : undefined}
      caption={captionOf(file)}
      onFailed={onFailed}
    />
  );
}

/** Without the file itself, the preview is better than an error. */
function useFallback(error: unknown, file: ImageFile, onFailed: (error: unknown) => void) {
  const has = file.preview_url !== null;
  useEffect(() => {
    if (error && has) onFailed(error);
  }, [error, has, onFailed]);
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

function Status({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className={classes['viewer']}>
      <div className={classes['status']} role="status">
        {text}
        {children}
      </div>
    </div>
  );
}
