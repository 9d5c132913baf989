import { notifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import classes from './DropAnywhere.module.css';
import { droppedFiles } from './folder';

/** Files may be dropped on any page; the upload page then shows them. */
export function DropAnywhere() {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [params] = useAddress();
  const [over, setOver] = useState(false);

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
      droppedFiles(event.dataTransfer).then(
        (files) => {
          uploads.add(files, onUpload ? params.get('patient_id') : null);
          if (!onUpload) void navigate('/upload');
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
  }, [uploads, navigate, pathname, params, t]);

  return over ? <div className={classes['veil']}>{t('upload.release')}</div> : null;
}
