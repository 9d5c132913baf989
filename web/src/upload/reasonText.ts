import type { TFunction } from 'i18next';
import { ApiError } from '../api/problem';
import { errorText, noticeText } from '../i18n/errors';
import { PutRefused, Refused, Rejected } from './failures';
import { idOf, isElsewhere, type UploadItem } from './item';

/** Why a file did not arrive, in the user's words. */
export function reasonText(error: unknown, t: TFunction): string {
  if (error instanceof Rejected && error.notices.length > 0) return sentences(error.notices, t);
  if (error instanceof Refused) return t(`upload.reason.${error.reason}`);
  if (error instanceof ApiError && (error.status === 413 || error.code === 'too_large')) {
    return t('upload.reason.too_large');
  }
  if (error instanceof ApiError && error.problem.errors.some(({ field }) => field.endsWith('filename'))) {
    return t('upload.reason.name');
  }
  if (error instanceof PutRefused) return t('error.unavailable');
  return errorText(error, t);
}

/** What has become of a file, in the words of a row. */
export function stateText(item: UploadItem, t: TFunction): string {
  const { state, notices, error, record } = item;
  if (state === 'failed') return reasonText(error, t);
  if (state === 'cancelled' && error !== null) {
    return t('upload.cancelledBecause', { reason: reasonText(error, t) });
  }
  const owner = isElsewhere(item) && idOf(record?.patient_id);
  const named = t(`upload.state.${state}`);
  const standing =
    owner === false ? named : owner === null ? t('upload.ofNobody') : t('upload.ofOther', { id: owner });
  return notices.length > 0 ? `${standing}${t('upload.colon')}${sentences(notices, t)}` : standing;
}

function sentences(notices: UploadItem['notices'], t: TFunction): string {
  return notices.map((notice) => noticeText(notice, t)).join(' ');
}
