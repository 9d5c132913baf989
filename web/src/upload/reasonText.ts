import type { TFunction } from 'i18next';
import { ApiError } from '../api/problem';
import { errorText } from '../i18n/errors';
import { PutRefused, Refused } from './failures';

/** Why a file did not arrive, in the user's words. */
export function reasonText(error: unknown, t: TFunction): string {
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
