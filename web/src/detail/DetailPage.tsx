import { Button, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconArchive,
  IconArchiveOff,
  IconArrowLeft,
  IconDownload,
  IconEdit,
  IconFileUnknown,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { Dialog } from '../shell/Dialog';
import { useServices } from '../app/context';
import { ApiError } from '../api/problem';
import type { ImageFile } from '../api/types';
import { errorText } from '../i18n/errors';
import { saveUrl } from '../download/saveUrl';
import { severityOf } from '../images/severity';
import { useBulkActions } from '../images/useBulkActions';
import { goBack } from '../shell/goBack';
import { EmptyState, Failure } from '../shell/states';
import { Viewer } from '../viewer/Viewer';
import { AccessLog } from './AccessLog';
import classes from './DetailPage.module.css';
import { EditForm } from './EditForm';
import { Facts, HeaderFacts } from './Facts';
import { Neighbours } from './Neighbours';
import { Warnings } from './Warnings';

const MOVING = new Set(['UPLOADING', 'UPLOADED', 'PROCESSING']);

/** One image: seen, described, and everything that can be done with it. */
export function DetailPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const id = Number(useParams()['id']);
  const file = useQuery({
    queryKey: ['images', 'one', id],
    queryFn: ({ signal }) => api.image(id, signal),
    refetchInterval: ({ state: { data } }) => (data && MOVING.has(data.status) ? 2_000 : false),
    enabled: Number.isSafeInteger(id),
  });
  const missing = !Number.isSafeInteger(id) || (file.error instanceof ApiError && file.error.status === 404);
  if (missing) {
    return (
      <EmptyState
        whole
        title={t('detail.missingTitle')}
        hint={t('detail.missingHint')}
        icon={<IconFileUnknown size={56} stroke={1.2} />}
      >
        <Button component={Link} to="/images">
          {t('detail.back')}
        </Button>
      </EmptyState>
    );
  }
  if (file.isError && !file.data) return <Failure error={file.error} onRetry={() => void file.refetch()} />;
  if (!file.data) return <DetailSkeleton />;
  return <Detail file={file.data} />;
}

function Detail({ file }: { file: ImageFile }) {
  const warned =
    file.warnings.some((warning) => severityOf(warning) !== 'harmless') || file.status_reason !== null;
  return (
    <article data-warned={warned || undefined} data-file={file.id}>
      <Head file={file} />
      <Warnings file={file} />
      <div className={classes['columns']}>
        <div className={classes['film']}>
          <Viewer key={file.id} file={file} />
        </div>
        <div className={classes['side']}>
          <Facts file={file} />
          {file.dicom && <HeaderFacts file={file} header={file.dicom} />}
          <AccessLog fileId={file.id} />
        </div>
      </div>
    </article>
  );
}

function Head({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const navigate = useNavigate();
  const actions = useBulkActions();
  const [editing, setEditing] = useState(false);
  const download = useMutation({
    mutationFn: () => api.download(file.id),
    onSuccess: ({ url, filename }) => saveUrl(url, filename),
    onError: (error) => notifications.show({ message: errorText(error, t), color: 'red' }),
  });
  const remove = async () => {
    if (await actions.remove([file.id])) await navigate('/images');
  };
  return (
    <div className="page-head">
      <Button
        component={Link}
        to="/images"
        variant="subtle"
        leftSection={<IconArrowLeft size={18} />}
        onClick={(event) => goBack(event, navigate)}
      >
        {t('detail.back')}
      </Button>
      <h1 className={classes['title']} title={file.original_filename}>
        {file.original_filename}
      </h1>
      <span className="grow" />
      <Neighbours id={file.id} />
      <Button
        leftSection={<IconDownload size={18} />}
        loading={download.isPending}
        onClick={() => download.mutate()}
      >
        {t('detail.download')}
      </Button>
      <Button variant="default" leftSection={<IconEdit size={18} />} onClick={() => setEditing(true)}>
        {t('detail.edit')}
      </Button>
      {file.status === 'PROCESSED' && (
        <Button
          variant="default"
          leftSection={<IconArchive size={18} />}
          onClick={() => void actions.archive([file.id])}
        >
          {t('detail.archive')}
        </Button>
      )}
      {file.status === 'ARCHIVED' && (
        <Button
          variant="default"
          leftSection={<IconArchiveOff size={18} />}
          onClick={() => void actions.unarchive([file.id])}
        >
          {t('detail.unarchive')}
        </Button>
      )}
      <Button
        variant="subtle"
        color="red"
        leftSection={<IconTrash size={18} />}
        onClick={() => void remove()}
      >
        {t('detail.delete')}
      </Button>
      <Dialog opened={editing} onClose={() => setEditing(false)} title={t('edit.title')} size="lg">
        <EditForm file={file} onDone={() => setEditing(false)} />
      </Dialog>
    </div>
  );
}

function DetailSkeleton() {
  const { t } = useTranslation();
  return (
    <div aria-busy="true" aria-label={t('app.loading')} role="status">
      <Skeleton height={36} mb="md" />
      <div className={classes['columns']}>
        <Skeleton className={classes['film']} radius={12} />
        <Skeleton height={460} radius={12} />
      </div>
    </div>
  );
}
