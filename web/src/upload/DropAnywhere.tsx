import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { useServices } from '../app/context';
import classes from './DropAnywhere.module.css';
import { droppedFiles } from './folder';
import { chosenPatient } from './patient';

/** Files may be dropped on any page; the upload page then shows them. */
export function DropAnywhere() {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
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
      void droppedFiles(event.dataTransfer).then((files) => {
        uploads.add(files, onUpload ? chosenPatient(search) : null);
        if (!onUpload) void navigate('/upload');
      });
    };
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [uploads, navigate, pathname, search]);

  return over ? <div className={classes['veil']}>{t('upload.release')}</div> : null;
}
