import type { ImageFile } from '../api/types';
import { day, personName } from '../format';
import type { Caption } from './DicomViewer';

/** What stands on a picture: the patient as its header says, and what it is. */
export function captionOf(file: ImageFile): Caption {
  const { dicom, study_date, modality, body_part } = file;
  return {
    patient: [personName(dicom?.patient_name), dicom?.patient_id?.trim() ?? ''],
    study: [day(study_date), [modality, body_part].filter(Boolean).join(' ')],
  };
}
