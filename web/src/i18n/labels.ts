import type { TFunction } from 'i18next';
import { FILE_TYPES, LIVE_STATUSES } from '../api/types';

/** Names of the API in the user's language; an unknown one stays as it is. */
export function typeLabel(key: string, t: TFunction): string {
  const known = FILE_TYPES.find((type) => type === key);
  return known ? t(`fileType.${known}`) : key;
}

export function statusLabel(key: string, t: TFunction): string {
  const known = [...LIVE_STATUSES, 'DELETED' as const].find((status) => status === key);
  return known ? t(`fileStatus.${known}`) : key;
}
