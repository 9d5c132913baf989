import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/problem';
import type { UploadState } from '../api/types';
import { PutRefused, Refused } from './failures';
import { Slots } from './slots';
import { transfer, Vanished, workOfState, type TransferContext, type Work } from './transfer';

const PART = 4;
const FILE = new Blob(['aaaabbbbccccdd']);

function problem(code: string, extra: Record<string, unknown> = {}) {
  return new ApiError({ status: 409, code, detail: '', request_id: null, errors: [], extra });
}

/** A bucket that keeps what it is sent, and the API that signs for it. */
function bucket(refuse: (url: string) => PutRefused | null = () => null) {
  const stored = new Map<string, string>();
  let signatures = 0;
  const api = {
    signParts: vi.fn((_id: number, numbers: number[]) =>
      Promise.resolve({
        parts: numbers.map((part_number) => ({
          part_number,
          url: `part-${part_number}?sig=${++signatures}`,
        })),
        expires_at: '',
      }),
    ),
    signPut: vi.fn(() =>
      Promise.resolve({ url: `whole?sig=${++signatures}`, key: 'k', headers: { 'x-a': '1' } }),
    ),
    completeUpload: vi.fn(() => Promise.resolve({} as never)),
  };
  const send = vi.fn(async (url: string, _headers: Record<string, string>, body: Blob) => {
    const refusal = refuse(url);
    if (refusal) throw refusal;
    stored.set(url.split('?')[0]!, await body.text());
  });
  const sent: number[] = [];
  const context: TransferContext = {
    api,
    send,
    fileId: 1,
    file: FILE,
    signal: new AbortController().signal,
    puts: new Slots(5),
    onSent: (bytes) => sent.push(bytes),
    onWaiting: () => undefined,
    onFinishing: () => undefined,
  };
  return { api, send, stored, sent, context };
}

const parts = (finished: number[] = []): Work => ({
  method: 'multipart',
  partSize: PART,
  totalParts: 4,
  finished: new Set(finished),
  signed: [],
});

describe('transfer', () => {
  it('sends every part of a file and completes it', async () => {
    const { context, stored, api, sent } = bucket();
    await transfer(parts(), context);
    expect(Object.fromEntries(stored)).toEqual({
      'part-1': 'aaaa',
      'part-2': 'bbbb',
      'part-3': 'cccc',
      'part-4': 'dd',
    });
    expect(api.completeUpload).toHaveBeenCalledTimes(1);
    expect(sent.at(-1)).toBe(FILE.size);
  });

  it('never sends a part again that the bucket holds', async () => {
    const { context, stored, sent } = bucket();
    await transfer(parts([1, 3]), context);
    expect([...stored.keys()].sort()).toEqual(['part-2', 'part-4']);
    expect(sent[0]).toBe(2 * PART);
  });

  it('asks for a fresh URL when one has expired', async () => {
    const { context, api, stored } = bucket((url) =>
      url.endsWith('sig=1') ? new PutRefused(403, 'AccessDenied') : null,
    );
    await transfer({ method: 'single', url: 'whole?sig=1', headers: {} }, context);
    expect(api.signPut).toHaveBeenCalledTimes(2);
    expect(stored.has('whole')).toBe(true);
  });

  it('gives up on a bucket that refuses every signature', async () => {
    const { context, send } = bucket(() => new PutRefused(403, 'AccessDenied'));
    await expect(transfer({ method: 'single', url: 'u', headers: {} }, context)).rejects.toBeInstanceOf(
      PutRefused,
    );
    expect(send).toHaveBeenCalledTimes(4);
  });

  it('takes an object that is already there for its own', async () => {
    const { context, sent } = bucket(() => new PutRefused(412, 'PreconditionFailed'));
    await transfer({ method: 'single', url: 'u', headers: {} }, context);
    expect(sent.at(-1)).toBe(FILE.size);
  });

  it('says that the file was changed when its bytes do not match', async () => {
    const { context } = bucket(() => new PutRefused(400, 'BadDigest'));
    const sending = transfer({ method: 'single', url: 'u', headers: {} }, context);
    await expect(sending).rejects.toEqual(new Refused('changed'));
  });

  it('says when the upload is gone, so that it can begin anew', async () => {
    const { context } = bucket(() => new PutRefused(404, 'NoSuchUpload'));
    await expect(transfer(parts(), context)).rejects.toBeInstanceOf(Vanished);
  });

  it('sends what the bucket misses at the end, and only that', async () => {
    const { context, api, send } = bucket();
    api.completeUpload.mockRejectedValueOnce(problem('upload_incomplete', { missing_chunks: [2] }));
    await transfer(parts([1, 2, 3]), context);
    expect(send.mock.calls.map(([url]) => url.split('?')[0])).toEqual(['part-4', 'part-2']);
    expect(api.completeUpload).toHaveBeenCalledTimes(2);
  });
});

describe('workOfState', () => {
  const state: UploadState = {
    file_id: 1,
    status: 'UPLOADING',
    upload_progress: 0,
    part_size: 8,
    total_chunks: 3,
    uploaded_chunks: [2],
    uploaded_bytes: 8,
    expires_at: null,
  };

  it('goes on with the parts that are missing', () => {
    expect(workOfState(state)).toMatchObject({ method: 'multipart', finished: new Set([2]), totalParts: 3 });
  });

  it('sends a small file whole again', () => {
    expect(workOfState({ ...state, part_size: null, total_chunks: 1 })).toMatchObject({
      method: 'single',
      url: null,
    });
  });
});
