import { useTranslation } from 'react-i18next';
import { patientOf, patientOfAddress, useAddress } from '../app/address';
import { useServices } from '../app/context';
import { DropZone } from './DropZone';
import { HeaderQuestion } from './HeaderQuestion';
import { PatientChoice } from './PatientChoice';
import { PatientQuestion } from './PatientQuestion';
import { TrashQuestion } from './TrashQuestion';
import { UnfinishedNotice } from './UnfinishedNotice';
import { UploadList } from './UploadList';
import { UploadSummary } from './UploadSummary';
import { useUploads } from './useUploads';
import classes from './UploadPage.module.css';

export function UploadPage() {
  const { t } = useTranslation();
  const { uploads } = useServices();
  const view = useUploads();
  const [params, setParams] = useAddress();
  const patientId = patientOf(params);
  const choose = (id: string | null) => setParams(id === null ? {} : { patient_id: id }, { replace: true });

  return (
    <div className={classes['page']}>
      <h1>{t('upload.title')}</h1>
      <PatientChoice patientId={patientId} onChange={choose} />
      {view.unfinished.length > 0 && <UnfinishedNotice entries={view.unfinished} />}
      <DropZone small={view.items.length > 0} onFiles={(files) => uploads.add(files, patientOfAddress())} />
      {view.items.length > 0 && (
        <>
          <UploadSummary view={view} />
          <PatientQuestion items={view.items} />
          <HeaderQuestion items={view.items} />
          <TrashQuestion items={view.items} />
          <UploadList items={view.items} />
        </>
      )}
    </div>
  );
}
