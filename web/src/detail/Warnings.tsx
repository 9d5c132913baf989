import { Alert } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ImageFile, Notice } from '../api/types';
import { noticeText } from '../i18n/errors';
import { severityOf } from '../images/severity';
import classes from './Warnings.module.css';

/** Warnings stand above the picture, in colour and in words; the grave ones follow the reader down the page. */
export function Warnings({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const text = (notice: Notice) => noticeText(notice, t);
  const grave = file.warnings.filter((warning) => severityOf(warning) === 'grave');
  // What is harmless stands in the place of the picture.
  const others = file.warnings.filter((warning) => severityOf(warning) === 'check');
  return (
    <>
      {grave.map((warning) => (
        <div key={warning.code} className={classes['grave']} role="alert">
          <IconAlertOctagon size={32} aria-hidden />
          <div>
            <strong>{text(warning)}</strong>
            <Patients file={file} />
          </div>
        </div>
      ))}
      {file.status_reason && (
        <Alert color="red" icon={<IconAlertTriangle />} title={t('detail.failedTitle')} mb="sm">
          {text(file.status_reason)}
        </Alert>
      )}
      {others.length > 0 && (
        <Alert color="yellow" icon={<IconAlertTriangle />} title={t('detail.warnings')} mb="sm">
          {others.map((warning) => (
            <p key={warning.code} className="alert-text">
              {text(warning)}
            </p>
          ))}
        </Alert>
      )}
    </>
  );
}

/** Both identities side by side, so that the reader can tell them apart at once. */
function Patients({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const inside = [file.dicom?.patient_id, file.dicom?.patient_name].filter(Boolean).join(' · ');
  return (
    <p>
      {t('detail.patientInImage')}: <b>{inside || '—'}</b>
      <br />
      {t('detail.patientChosen')}: <b>{file.patient_id ?? '—'}</b>
    </p>
  );
}
