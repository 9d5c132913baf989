import type { Api } from '../api/api';
import { ApiError, Unreachable } from '../api/problem';
import type { SignedPart, UploadPlan, UploadState } from '../api/types';
import { PutRefused, Refused } from './failures';
import { persist } from './persist';
import { put } from './put';
import type { Slots } from './slots';

/** Parts of one file under way at once. */
const PARALLEL_PARTS = 4;
/** URLs signed in one request; more would expire unused on a slow line. */
const SIGNED_AHEAD = 8;
/** A URL may expire between signing and sending (sleep); a bucket that always says no must not be asked for ever. */
const SIGNATURES_PER_PUT = 4;

/** The upload does not exist any more on the server; it has to be created again. */
export class Vanished extends Error {}

export interface TransferContext {
  api: Pick<Api, 'signParts' | 'signPut' | 'completeUpload'>;
  fileId: number;
  file: Blob;
  signal: AbortSignal;
  /** Places for PUTs of all files together. */
  puts: Slots;
  /** Bytes of this file that are in the bucket or on their way. */
  onSent: (bytes: number) => void;
  /** Whether the transfer is waiting for the network. */
  onWaiting: (waiting: boolean) => void;
  onFinishing: () => void;
  send?: typeof put;
}

/** What is still to be sent: from a new upload's plan, or from what the bucket holds of an old one. */
export type Work =
  | { method: 'single'; url: string | null; headers: Record<string, string> }
  | {
      method: 'multipart';
      partSize: number;
      totalParts: number;
      finished: ReadonlySet<number>;
      signed: SignedPart[];
    };

export function workOfPlan(plan: UploadPlan): Work {
  if (plan.method === 'single') return { method: 'single', url: plan.url, headers: plan.headers };
  const { part_size: partSize, total_parts: totalParts, parts: signed } = plan;
  return { method: 'multipart', partSize, totalParts, finished: new Set(), signed };
}

export function workOfState(state: UploadState): Work {
  if (!state.part_size || state.total_chunks <= 1) return { method: 'single', url: null, headers: {} };
  const finished = new Set(state.uploaded_chunks);
  return {
    method: 'multipart',
    partSize: state.part_size,
    totalParts: state.total_chunks,
    finished,
    signed: [],
  };
}

export function transfer(work: Work, context: TransferContext): Promise<void> {
  return work.method === 'single' ? sendWhole(work, context) : sendParts(work, context);
}

async function sendWhole(work: Extract<Work, { method: 'single' }>, context: TransferContext): Promise<void> {
  let known = work.url === null ? null : { url: work.url, headers: work.headers };
  const target = async () => {
    const signed = known ?? (await context.api.signPut(context.fileId));
    known = null;
    return signed;
  };
  await sendSigned(target, context.file.slice(0, context.file.size), context, context.onSent);
}

async function sendParts(
  work: Extract<Work, { method: 'multipart' }>,
  context: TransferContext,
): Promise<void> {
  const numbers = Array.from({ length: work.totalParts }, (_, index) => index + 1);
  const sizeOf = (part: number) => Math.min(work.partSize, context.file.size - (part - 1) * work.partSize);
  const sent = new Map([...work.finished].map((part) => [part, sizeOf(part)]));
  const report = () => context.onSent([...sent.values()].reduce((sum, bytes) => sum + bytes, 0));
  report();

  const urls = new PartUrls(context, work.signed);
  const sendMissing = async (missing: number[]) => {
    const waiting = [...missing];
    const lane = async () => {
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        const number = part;
        const start = (number - 1) * work.partSize;
        const body = context.file.slice(start, start + work.partSize);
        await sendSigned(
          () => urls.of(number, waiting),
          body,
          context,
          (bytes) => {
            sent.set(number, bytes);
            report();
          },
        );
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL_PARTS, missing.length) }, lane));
  };

  await sendMissing(numbers.filter((part) => !work.finished.has(part)));
  context.onFinishing();
  const stillMissing = await complete(context);
  if (stillMissing.length > 0) {
    await sendMissing(stillMissing);
    await complete(context);
  }
}

/** Completes the upload; answers the parts the bucket turned out not to have. */
async function complete({ api, fileId, signal, onWaiting }: TransferContext): Promise<number[]> {
  try {
    await persist(() => api.completeUpload(fileId), signal, onWaiting);
    return [];
  } catch (error) {
    const missing =
      error instanceof ApiError &&
      error.code === 'upload_incomplete' &&
      error.problem.extra['missing_chunks'];
    if (Array.isArray(missing) && missing.length > 0) return missing.filter((part) => Number.isInteger(part));
    throw error;
  }
}

/** Signed URLs of parts, fetched a few at a time and used once: a repeated part gets a fresh one. */
class PartUrls {
  private readonly known: Map<number, string>;

  constructor(
    private readonly context: TransferContext,
    signed: SignedPart[],
  ) {
    this.known = new Map(signed.map(({ part_number, url }) => [part_number, url]));
  }

  async of(part: number, upcoming: number[]): Promise<{ url: string; headers: Record<string, string> }> {
    if (!this.known.has(part)) {
      const ahead = upcoming.filter((next) => !this.known.has(next)).slice(0, SIGNED_AHEAD - 1);
      const { parts } = await this.context.api.signParts(this.context.fileId, [part, ...ahead]);
      for (const { part_number, url } of parts) this.known.set(part_number, url);
    }
    const url = this.known.get(part);
    this.known.delete(part);
    if (url === undefined) throw new Vanished();
    return { url, headers: {} };
  }
}

type Target = () => Promise<{ url: string; headers: Record<string, string> }>;

/** One PUT, repeated with a fresh URL while the network or the signature is at fault. */
async function sendSigned(
  target: Target,
  body: Blob,
  context: TransferContext,
  onSent: (bytes: number) => void,
) {
  const { signal, onWaiting, puts, send = put } = context;
  for (let signatures = 1; ; signatures++) {
    const release = await puts.acquire(signal);
    try {
      await persist(
        async () => {
          const { url, headers } = await target();
          await send(url, headers, body, signal, onSent).catch((error: unknown) => diagnose(error, body));
        },
        signal,
        (waiting) => {
          if (waiting) onSent(0);
          onWaiting(waiting);
        },
      );
      onSent(body.size);
      return;
    } catch (error) {
      onSent(0);
      if (!(error instanceof PutRefused)) throw error;
      // The object exists already (If-None-Match): an earlier answer got lost on its way.
      if (error.status === 412) return onSent(body.size);
      if (error.status === 404) throw new Vanished();
      if (error.status !== 403 || signatures >= SIGNATURES_PER_PUT) throw refusalOf(error);
    } finally {
      release();
    }
  }
}

/** A file that changed or went away on the disk looks like a broken connection to the browser. */
async function diagnose(error: unknown, body: Blob): Promise<never> {
  if (error instanceof Unreachable) {
    await body
      .slice(0, 1)
      .arrayBuffer()
      .catch(() => {
        throw new Refused('changed');
      });
  }
  throw error;
}

/** Other bytes than were announced. */
function refusalOf(error: PutRefused): Error {
  return error.code === 'BadDigest' || error.code === 'InvalidDigest' ? new Refused('changed') : error;
}
