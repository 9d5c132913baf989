import { CopyButton, UnstyledButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { DicomHeader, ImageFile } from '../api/types';
import { patientPage, studyPage } from '../app/address';
import { useMe } from '../app/me';
import { bytes, dateTime, day } from '../format';
import { StatusBadge } from '../images/StatusBadge';
import { typeLabel } from '../i18n/labels';
import classes from './Facts.module.css';

/** What is known about the file. */
export function Facts({ file }: { file: ImageFile }) {
  const { t } = useTranslation();
  const patientLink = file.patient_id !== null && (
    <Link to={patientPage(file.patient_id)}>{file.patient_id}</Link>
  );
  return (
    <section className="panel">
      <h2>{t('detail.metadata')}</h2>
      <dl className={classes['facts']}>
        <Fact name={t('images.status')}>
          <StatusBadge status={file.status} />
        </Fact>
        <Fact name={t('detail.patient')}>{patientLink}</Fact>
        <Fact name={t('detail.study')}>
          <StudyLink file={file} />
        </Fact>
        <Fact name={t('images.modality')}>{file.modality}</Fact>
        <Fact name={t('detail.bodyPart')}>{file.body_part}</Fact>
        <Fact name={t('detail.studyDate')}>{day(file.study_date)}</Fact>
        <Fact name={t('detail.description')}>{file.description}</Fact>
        <Fact name={t('images.type')}>{typeLabel(file.file_type, t)}</Fact>
        <Fact name={t('detail.mime')}>{file.mime_type}</Fact>
        <Fact name={t('images.size')}>{bytes(file.file_size)}</Fact>
        <Fact name={t('images.uploader')}>{file.uploader_name}</Fact>
        <Fact name={t('images.created')}>{dateTime(file.created_at)}</Fact>
        <Fact name={t('detail.updatedAt')}>{dateTime(file.updated_at)}</Fact>
        <Fact name={t('detail.hash')}>{file.file_hash && <Copyable text={file.file_hash} />}</Fact>
        <Fact name={t('detail.version')}>{file.version}</Fact>
        {file.duplicate_of !== null && (
          <div className={classes['wide']}>
            <Link to={`/images/${file.duplicate_of}`}>
              {t('detail.duplicateOf', { id: file.duplicate_of })}
            </Link>
          </div>
        )}
      </dl>
    </section>
  );
}

/** The study that the file is a slice of: that of whoever uploaded it. */
function StudyLink({ file: { study_id, series_id, uploaded_by } }: { file: ImageFile }) {
  const { t } = useTranslation();
  const { data: me } = useMe();
  if (study_id === null || !me) return '—';
  const of = uploaded_by === me.id ? null : uploaded_by;
  const series: Record<string, string> = series_id === null ? {} : { series: String(series_id) };
  return <Link to={studyPage(study_id, of, series)}>{t('detail.openStudy')}</Link>;
}

/** The fields of the header that identify the image; keys are those of the API. */
const HEADER_FIELDS = [
  'patient_id',
  'patient_name',
  'rows',
  'columns',
  'number_of_frames',
  'instance_number',
  'study_instance_uid',
  'series_instance_uid',
  'sop_instance_uid',
  'sop_class_uid',
  'transfer_syntax_uid',
] as const satisfies readonly (keyof DicomHeader)[];

export function HeaderFacts({ file, header }: { file: ImageFile; header: DicomHeader }) {
  const { t } = useTranslation();
  return (
    <section className="panel">
      <h2>{t('detail.header')}</h2>
      <dl className={classes['facts']}>
        {HEADER_FIELDS.map((field) => (
          <Fact key={field} name={t(`dicom.${field}`)} wide={field.endsWith('uid')}>
            {field.endsWith('uid') && header[field] !== null ? (
              <Copyable text={String(header[field])} />
            ) : (
              header[field]
            )}
          </Fact>
        ))}
      </dl>
      <Link to={`/images/${file.id}/dicom`}>{t('elements.open')}</Link>
    </section>
  );
}

function Fact({ name, wide, children }: { name: string; wide?: boolean; children: React.ReactNode }) {
  return (
    <div className={wide ? classes['wide'] : undefined}>
      <dt>{name}</dt>
      <dd>{children || '—'}</dd>
    </div>
  );
}

function Copyable({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <UnstyledButton className={classes['copy']} onClick={copy} title={t('detail.copy')}>
          {text} {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        </UnstyledButton>
      )}
    </CopyButton>
  );
}
