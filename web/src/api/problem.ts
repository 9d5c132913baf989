/** What can go wrong between the page and the API, in terms of what the page can do about it. */

import type { FieldError } from './types';

/** Body of `application/problem+json` (RFC 9457) as docs/API.md extends it. */
export interface ProblemBody {
  status: number;
  code: string;
  detail: string;
  request_id: string | null;
  errors: FieldError[];
  /** Members beyond the RFC, e.g. `missing_chunks` or the current record of a version conflict. */
  extra: Record<string, unknown>;
}

/** The API answered with an error. `code` is stable and is what the page translates. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly problem: ProblemBody,
    /** Seconds the server asked to wait before a retry, if it did. */
    readonly retryAfter: number | null = null,
  ) {
    super(`${problem.status} ${problem.code}`);
  }
  get status(): number {
    return this.problem.status;
  }
  get code(): string {
    return this.problem.code;
  }
  /** Throttled or a dependency is down: the same request may be sent again. */
  get isTransient(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** No answer arrived: offline, server down, or the connection broke. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor(cause: unknown) {
    super('unreachable', { cause });
  }
}

/** Members every problem has. */
const KNOWN = new Set(['type', 'title', 'status', 'detail', 'message', 'code', 'request_id', 'errors']);

/** Reads an error response. Proxies and gateways answer with anything, so nothing is taken for granted. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body = problemOf(response.status, await response.json().catch(() => null));
  body.request_id ??= response.headers.get('x-request-id');
  return new ApiError(body, retryAfterSeconds(response.headers.get('retry-after')));
}

/** A problem document, whatever it turns out to be. */
export function problemOf(status: number, document: unknown): ProblemBody {
  const body = typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  const { code, detail, request_id, errors } = body;
  return {
    status,
    code: typeof code === 'string' ? code : `http_${status}`,
    detail: typeof detail === 'string' ? detail : '',
    request_id: typeof request_id === 'string' ? request_id : null,
    errors: Array.isArray(errors) ? errors.filter(isFieldError) : [],
    extra: Object.fromEntries(Object.entries(body).filter(([name]) => !KNOWN.has(name))),
  };
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === 'object' && value !== null && 'field' in value && 'message' in value;
}

function retryAfterSeconds(header: string | null): number | null {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

/** Whether signing in again can help: it does not help somebody whom an administrator has disabled. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code !== 'user_disabled';
}

/** Whether sending the same safe request once more can help. */
export function isTransient(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiError && error.isTransient);
}
