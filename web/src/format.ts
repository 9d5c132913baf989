import type { TFunction } from 'i18next';
import { localeTag } from './i18n';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Binary multiples with three significant digits: `1.46 MB`. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  const value = count / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[power]}`;
}

/** Date and time in the user's zone and language. */
export function dateTime(rfc3339: string | null | undefined): string {
  if (!rfc3339) return '';
  return new Intl.DateTimeFormat(localeTag(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(rfc3339),
  );
}

/** A calendar day. A plain date has no time zone and must not shift by one. */
export function day(value: string | null | undefined): string {
  if (!value) return '';
  const plain = /^\d{4}-\d{2}-\d{2}$/.test(value);
  const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', ...(plain ? { timeZone: 'UTC' } : {}) };
  return new Intl.DateTimeFormat(localeTag(), options).format(new Date(value));
}

/** The month of a plain date. */
export function month(plain: string): string {
  const options = { year: 'numeric', month: 'long', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(localeTag(), options).format(new Date(plain));
}

/**
 * A name of a DICOM header as people write it (PS3.5 6.2.1.1): the one in the characters of its language when there are
 * several, otherwise the alphabetic one.
 */
export function personName(value: string | null | undefined): string {
  const [alphabetic = '', ideographic = ''] = (value ?? '').split('=');
  const parts = (ideographic.replaceAll('^', '').trim() === '' ? alphabetic : ideographic).split('^');
  const [family = '', given = '', ...rest] = parts.map((part) => part.trim());
  const isChinese = /^\p{Script=Han}+$/u.test(family + given) && rest.every((part) => part === '');
  return isChinese ? family + given : [family, given, ...rest].filter(Boolean).join(' ');
}

export function count(value: number): string {
  return new Intl.NumberFormat(localeTag()).format(value);
}

/** A remaining time, as coarse as it is uncertain. */
export function duration(seconds: number, t: TFunction): string {
  if (seconds < 60) return t('format.seconds', { count: Math.max(1, Math.round(seconds)) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('format.minutes', { count: minutes });
  return t('format.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
