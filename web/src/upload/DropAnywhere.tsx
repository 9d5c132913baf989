import { notifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { useQuery } from '@tanstack/react-query';
import { patientOf, patientOfAddress, uploadPage, useAddress } from '../app/address';
import { useServices } from '../app/context';
import classes from './DropAnywhere.module.css';
import { droppedFiles } from './folder';

/**
 * Files may be dropped on any page; the upload page then shows them. Where the address names a patient (their page, the
 * list of their images, the upload page), the files are theirs.
 */
export function DropAnywhere() {
  const { t } = useTranslation();
  const { api, uploads } = useServices();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [params] = useAddress();
  const patientId = patientOf(params);
  const [over, setOver] = useState(false);
  const patient = useQuery({
    queryKey: ['patients', 'one', patientId],
    queryFn: ({ signal }) => api.patient(patientId ?? '', signal),
    enabled: over && patientId !== null,
  });

  useEffect(() => {
    const onUpload = pathname === '/upload';
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const drag = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer || !carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const chosen = patientOfAddress();
      droppedFiles(event.dataTransfer).then(
        (files) => {
          uploads.add(files, chosen);
          if (!onUpload) void navigate(uploadPage(chosen));
        },
        () => notifications.show({ message: t('upload.dropFailed'), color: 'red' }),
      );
    };
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [uploads, navigate, pathname, t]);

  if (!over) return null;
  const named = patient.data ? `${patient.data.name} (${patientId})` : patientId;
  return (
    <div className={classes['veil']}>
      {named === null ? t('upload.release') : t('upload.releaseFor', { patient: named })}
    </div>
  );
}
