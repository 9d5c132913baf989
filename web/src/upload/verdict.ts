import type { ImageFile, Notice } from '../api/types';
import { severityOf } from '../images/severity';
import { Rejected } from './failures';
import { personName } from '../format';
import type { HeaderPatient, UploadItem } from './item';

/** A list asks somebody to look at these. After an upload nobody has to worry: the file is intact, only its names were guessed, or its picture or the list of its elements is missing. */
const NO_DOUBT = new Set<string>([
  'charset_guessed',
  'elements_not_listed',
  'unsupported_compression',
  'unsupported_pixels',
] satisfies Notice['code'][]);

type Verdict = Pick<UploadItem, 'state' | 'notices' | 'record' | 'error'>;

/** The service has no remark for a file that never claimed to be an image; who drops a folder wants to know. */
function remarksOn({ file_type, status, warnings }: ImageFile): readonly Notice[] {
  if (file_type !== 'OTHER' || status === 'FAILED' || warnings.length > 0) return warnings;
  return [{ code: 'not_image_file', message: '' }];
}

function headerOf({ dicom }: ImageFile): HeaderPatient | null {
  const id = dicom?.patient_id?.trim() ?? '';
  return id === '' ? null : { id, name: personName(dicom?.patient_name) };
}

/** What has become of an uploaded file; null while the server is at work. A remark this page does not know is a doubt. */
export function verdictOn(file: ImageFile, existing: boolean): Verdict | null {
  const { status, status_reason, patient_id, version } = file;
  const warnings = remarksOn(file);
  const record = { patient_id, version, header: headerOf(file) };
  if (status === 'FAILED') {
    const notices = status_reason ? [status_reason, ...warnings] : warnings;
    return { state: 'failed', notices, record, error: new Rejected(notices) };
  }
  if (status !== 'PROCESSED' && status !== 'ARCHIVED') return null;
  const doubtful = warnings.some((notice) => severityOf(notice) !== 'harmless' && !NO_DOUBT.has(notice.code));
  const state = doubtful ? 'doubt' : existing ? 'duplicate' : 'done';
  return { state, notices: warnings, record, error: null };
}
