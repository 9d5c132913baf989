import type { TFunction } from 'i18next';
import { ApiError, Unreachable } from '../api/problem';
import type { FieldError, JobError, Notice } from '../api/types';
import { SignedOut } from '../session/session';
import { zh } from './zh';

type ErrorKey = keyof typeof zh.error;

/** What a status means when its `code` is one this page does not know (yet). */
function keyOfStatus(status: number): ErrorKey {
  if (status === 400) return 'not_json';
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 409) return 'conflict';
  if (status === 413) return 'too_large';
  if (status === 422) return 'invalid';
  if (status === 429) return 'throttled';
  if (status === 503 || status === 502 || status === 504) return 'unavailable';
  return status >= 500 ? 'internal' : 'unexpected';
}

/** A stable API `code` as a key of the translations; null for a code without one. */
export function keyOfCode(code: string): ErrorKey | null {
  return Object.hasOwn(zh.error, code) ? (code as ErrorKey) : null;
}

/** Any failure, in the user's language. A 422 names its fields as well. */
export function errorText(error: unknown, t: TFunction): string {
  if (error instanceof Unreachable) return t('error.unreachable');
  if (error instanceof SignedOut) return t('error.unauthenticated');
  if (!(error instanceof ApiError)) return t('error.unexpected');
  const text = t(`error.${keyOfCode(error.code) ?? keyOfStatus(error.status)}`);
  const fields = error.problem.errors.map((wrong) => wrongField(wrong, t));
  return [text, ...new Set(fields)].join(' ');
}

/** Why a job could not do one of its files. */
export function jobErrorText({ code }: Pick<JobError, 'code'>, t: TFunction): string {
  return t(`error.${keyOfCode(code) ?? 'unexpected'}`);
}

/** What is wrong with one field of a form; undefined when nothing is. */
export function fieldError(error: unknown, field: string, t: TFunction): string | undefined {
  const errors = error instanceof ApiError ? error.problem.errors : [];
  const wrong = errors.find((one) => one.field === field);
  return wrong && wrongField(wrong, t);
}

/** The rule a field breaks. The service's own sentence is English: it stands in for a field this page does not know. */
function wrongField({ field, message }: FieldError, t: TFunction): string {
  const name = field.replace(/^.*\./, '');
  return Object.hasOwn(zh.field, name) ? t(`field.${name as keyof typeof zh.field}`) : `${field}: ${message}`;
}

/** What the server remarked on a file. Its own sentence is English: it stands in for a remark this page does not know. */
export function noticeText({ code, message }: Pick<Notice, 'code' | 'message'>, t: TFunction): string {
  return Object.hasOwn(zh.warning, code) ? t(`warning.${code as keyof typeof zh.warning}`) : message;
}

/** What to tell support: the id under which the server logged the failure. */
export function errorReference(error: unknown): string | null {
  return error instanceof ApiError ? error.problem.request_id : null;
}
