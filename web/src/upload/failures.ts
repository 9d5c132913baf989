import { ApiError } from '../api/problem';
import type { Notice } from '../api/types';
import type { zh } from '../i18n/zh';

/** Reasons the page finds itself, before or beside the API. Keys of the translations. */
export type Reason = keyof typeof zh.upload.reason;

/** This file cannot be uploaded as it is; trying again does not help by itself. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly reason: Reason) {
    super(reason);
  }
}

/** The bucket answered a PUT with an error. */
export class PutRefused extends Error {
  override readonly name = 'PutRefused';
  constructor(
    readonly status: number,
    /** S3's error code, e.g. `AccessDenied`, `NoSuchUpload`; empty when the answer was not S3's. */
    readonly code: string,
  ) {
    super(`PUT ${status} ${code}`);
  }
}

/** The server has the bytes and cannot make anything of them. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  constructor(readonly notices: readonly Notice[]) {
    super(notices.map(({ code }) => code).join());
  }
}

/** Whether only another file would help. */
export function isFinal(error: unknown): boolean {
  if (error instanceof Rejected) return true;
  if (error instanceof Refused) return error.reason === 'empty';
  return error instanceof ApiError && (error.status === 413 || error.code === 'too_large');
}
