import { Button, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload, IconFileText, IconHeartRateMonitor, IconListDetails } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useCallback, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useServices } from '../app/context';
import type { ImageFile } from '../api/types';
import { safeName } from '../download/names';
import { saveUrl } from '../download/saveUrl';
import { bytes, count } from '../format';
import { errorText, noticeText } from '../i18n/errors';
import { lazily } from '../shell/lazily';
import { Failure } from '../shell/states';
import { linesOf, type DataSet } from './dataSet';
import classes from './DocumentPanel.module.css';
import { fetchPart } from './fetchPart';
import { encapsulatedOf, nameOfDocument, type Encapsulated } from './encapsulated';
import { RecordingPanel } from './RecordingPanel';
import { ReportPanel } from './ReportPanel';
import { documentKind, type DocumentKind } from './kinds';
import { useElements } from './useElements';

// What reads PDFs is large: only for those who have one.
const PdfPages = lazily(
  'pdf-pages',
  () => import('./PdfPages').then((m) => m.PdfPages),
  () => <Skeleton height={240} mb="sm" />,
);

/** A DICOM object that is no picture, as what it is: what it says or has, its elements, and the file itself. */
export function DocumentPanel({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const elements = useElements(file.id);
  const kind = documentKind(file) ?? 'document';
  const [notice] = file.warnings.filter(({ code }) => code !== 'patient_mismatch');
  return (
    <section className={classes['panel']} data-document={kind}>
      <h2>
        {kind === 'waveform' ? <IconHeartRateMonitor aria-hidden /> : <IconFileText aria-hidden />}
        {t(`documents.${kind}`)}
      </h2>
      {notice && <p className="quiet">{noticeText(notice, t)}</p>}
      {elements.isPending && <Skeleton height={120} />}
      {elements.isError && <Failure error={elements.error} onRetry={() => void elements.refetch()} />}
      {elements.data && (
        <>
          <Inside kind={kind} file={file} dataSet={elements.data} />
          <p>
            <Link to={`/images/${file.id}/dicom`}>
              <IconListDetails size={16} aria-hidden /> {t('elements.open')} (
              {count(linesOf(elements.data).filter(({ item }) => item === null).length)})
            </Link>
          </p>
        </>
      )}
      <Original file={file} />
    </section>
  );
}

function Inside({
  kind,
  file,
  dataSet,
}: {
  kind: DocumentKind;
  file: ImageFile;
  dataSet: DataSet;
}): ReactNode {
  if (kind === 'structured_report') return <ReportPanel dataSet={dataSet} />;
  if (kind === 'waveform') return <RecordingPanel file={file} dataSet={dataSet} />;
  const found = encapsulatedOf(dataSet);
  return found && <Document file={file} found={found} />;
}

/** So much is read without being asked for. */
const AT_ONCE = 64 * 1024 * 1024;
const isShown = ({ mimeType, size, place }: Encapsulated) =>
  mimeType.trim().toLowerCase() === 'application/pdf' && place !== null && (size ?? Infinity) <= AT_ONCE;

/** A PDF is shown; any document can be saved, and opened with what the computer has for it. */
function Document({ file, found }: { file: ImageFile; found: Encapsulated }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [failed, setFailed] = useState(false);
  const part = useQuery({
    queryKey: ['document', file.id],
    queryFn: () => partOf(found, async () => (await api.download(file.id)).url),
    enabled: isShown(found),
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const name = nameOfDocument(found, file.original_filename);
  const save = useMutation({
    mutationFn: async () => {
      const read = part.data ?? (await part.refetch({ throwOnError: true })).data;
      const url = URL.createObjectURL(new Blob(read ? [read] : [], { type: found.mimeType }));
      saveUrl(url, safeName(name));
      // The browser has read it by then.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    onError: (error) => notifications.show({ message: errorText(error, t), color: 'red' }),
  });
  const onFailed = useCallback(() => setFailed(true), []);
  const facts = [found.title, found.mimeType, found.size !== null && bytes(found.size)];
  return (
    <>
      <p>{facts.filter(Boolean).join(' · ')}</p>
      {isShown(found) && part.isPending && <Skeleton height={240} mb="sm" />}
      {isShown(found) && part.isError && <Failure error={part.error} onRetry={() => void part.refetch()} />}
      {isShown(found) && part.data && !failed && (
        <PdfPages bytes={part.data} title={name} onFailed={onFailed} />
      )}
      {failed && <p role="status">{t('documents.notShown')}</p>}
      {found.place && (
        <Button
          leftSection={<IconDownload size={18} />}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          {t('documents.save')}
        </Button>
      )}
    </>
  );
}

/** The bytes of the document, without those of the file around it. */
async function partOf(
  { place }: Encapsulated,
  urlOf: () => Promise<string>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!place) throw new Error('nobody knows where it is');
  if ('bytes' in place) return place.bytes;
  return fetchPart(await urlOf(), place.from, place.length);
}

function Original({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const download = useMutation({
    mutationFn: () => api.download(file.id),
    onSuccess: ({ url, filename }) => saveUrl(url, filename),
    onError: (error) => notifications.show({ message: errorText(error, t), color: 'red' }),
  });
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={18} />}
      loading={download.isPending}
      onClick={() => download.mutate()}
    >
      {t('detail.download')} ({bytes(file.file_size)})
    </Button>
  );
}
