import { describe, expect, it, vi } from 'vitest';
import type { Api } from '../api/api';
import { ApiError } from '../api/problem';
import type { BatchItem, ImageFile, NewUpload, UploadState } from '../api/types';
import { Refused, Rejected } from './failures';
import { fingerprint, type JournalEntry } from './journal';
import { isRunning, type UploadItem } from './item';
import { UploadQueue } from './queue';
import { Vanished, type TransferContext, type Work } from './transfer';

function problem(status: number, code: string) {
  return new ApiError({ status, code, detail: '', request_id: null, errors: [], extra: {} });
}

function fileOf(name: string, content = name): File {
  return new File([content], name, { lastModified: 1 });
}

/** The journal's behaviour in memory. */
function memory() {
  const entries = new Map<string, JournalEntry>();
  return {
    entries,
    find: (key: string) => Promise.resolve(entries.get(key)),
    all: () => Promise.resolve([...entries.values()]),
    save: (entry: Pick<JournalEntry, 'key' | 'fileId' | 'md5'>) => {
      entries.set(entry.key, { ...entry, user: 'u', savedAt: 0 });
      return Promise.resolve();
    },
    forget: (key: string) => {
      entries.delete(key);
      return Promise.resolve();
    },
    clear: () => Promise.resolve(entries.clear()),
  };
}

type Client = NewUpload & { client_file_id: string };

/** What the service says of a file it is done with. */
const PROCESSED = {
  status: 'PROCESSED',
  status_reason: null,
  warnings: [],
  patient_id: null,
  version: 3,
} as unknown as ImageFile;

function world({ run = () => Promise.resolve() as Promise<void> } = {}) {
  let ids = 100;
  const plan = { method: 'single', url: 'u', headers: {}, expires_at: '' } as const;
  const created = (file: Client): BatchItem => ({
    client_file_id: file.client_file_id,
    file: { ...PROCESSED, id: ++ids, patient_id: file.patient_id ?? null },
    upload: plan,
    duplicate: false,
    duplicate_in_trash: null,
    error: null,
  });
  const api = {
    createUploads: vi.fn((files: Client[]) => Promise.resolve({ items: files.map(created) })),
    uploadState: vi.fn((id: number) => Promise.resolve({ file_id: id, status: 'UPLOADING' } as UploadState)),
    abortUpload: vi.fn(() => Promise.resolve()),
    image: vi.fn((id: number) => Promise.resolve({ ...PROCESSED, id })),
    myImages: vi.fn(() => {
      const items = Array.from({ length: ids - 100 }, (_, index) => ({ ...PROCESSED, id: ids - index }));
      return Promise.resolve({ items, next_cursor: null });
    }),
  };
  const journal = memory();
  const runs = vi.fn<(work: Work, context: TransferContext) => Promise<void>>(run);
  const open = () =>
    new UploadQueue({
      api: api as unknown as Api,
      user: 'u',
      journal,
      onArrived: () => undefined,
      soon: { few: 5, many: 5 },
      hash: (file) => Promise.resolve(`md5 of ${(file as File).name}`),
      run: runs,
    });
  return { api, journal, runs, open, queue: open(), created };
}

const add = (queue: UploadQueue, ...files: File[]) =>
  queue.add(
    files.map((file) => ({ file, path: file.name })),
    null,
  );

/** The items once nothing moves any more. */
function settled(queue: UploadQueue, count: number): Promise<readonly UploadItem[]> {
  return vi.waitFor(
    () => {
      const { items } = queue.snapshot();
      expect(items).toHaveLength(count);
      expect(items.some((item) => isRunning(item) || item.state === 'processing')).toBe(false);
      return items;
    },
    { timeout: 15_000 },
  );
}

describe('UploadQueue', () => {
  it('registers two thousand files in batches of at most a hundred and finishes them all', async () => {
    const { queue, api, runs } = world();
    add(queue, ...Array.from({ length: 2_000 }, (_, index) => fileOf(`${index}.dcm`)));
    const items = await settled(queue, 2_000);
    expect(items.every(({ state }) => state === 'done')).toBe(true);
    expect(runs).toHaveBeenCalledTimes(2_000);
    expect(Math.max(...api.createUploads.mock.calls.map(([files]) => files.length))).toBeLessThanOrEqual(100);
    expect(api.createUploads.mock.calls.length).toBeLessThan(200);
  });

  it('refuses an empty file without asking the server', async () => {
    const { queue, api } = world();
    add(queue, fileOf('empty.dcm', ''));
    const [item] = await settled(queue, 1);
    expect(item).toMatchObject({ state: 'failed', error: new Refused('empty') });
    expect(api.createUploads).not.toHaveBeenCalled();
  });

  it('shows a file that is already there as such and sends nothing', async () => {
    const { queue, api, runs, created } = world();
    api.createUploads.mockImplementation((files) =>
      Promise.resolve({ items: files.map((file) => ({ ...created(file), upload: null, duplicate: true })) }),
    );
    add(queue, fileOf('a.dcm'));
    expect(await settled(queue, 1)).toMatchObject([{ state: 'duplicate' }]);
    expect(runs).not.toHaveBeenCalled();
  });

  it('lets the good files of a batch pass when one is refused', async () => {
    const { queue, api, created } = world();
    api.createUploads.mockImplementation((files) =>
      Promise.resolve({
        items: files.map((file) =>
          file.filename === 'bad.dcm'
            ? {
                ...created(file),
                file: null,
                upload: null,
                error: { code: 'too_large', status: 413 } as unknown as BatchItem['error'],
              }
            : created(file),
        ),
      }),
    );
    add(queue, fileOf('good.dcm'), fileOf('bad.dcm'));
    const items = await settled(queue, 2);
    expect(items.map(({ state }) => state)).toEqual(['done', 'failed']);
    expect(items[1]?.error).toMatchObject({ code: 'too_large' });
  });

  it('goes on with the same upload when the file is chosen again after a reload', async () => {
    const stuck = world({ run: () => new Promise(() => undefined) });
    add(stuck.queue, fileOf('a.dcm'));
    await vi.waitFor(() => expect(stuck.journal.entries.size).toBe(1));
    await vi.waitFor(() => expect(stuck.runs).toHaveBeenCalledTimes(1));

    const again = stuck.open();
    await vi.waitFor(() => expect(again.snapshot().unfinished).toHaveLength(1));
    stuck.runs.mockResolvedValue(undefined);
    add(again, fileOf('a.dcm'));
    expect(await settled(again, 1)).toMatchObject([{ state: 'done', fileId: 101 }]);
    expect(stuck.api.createUploads).toHaveBeenCalledTimes(1);
    expect(stuck.api.uploadState).toHaveBeenCalledWith(101);
    expect(stuck.journal.entries.size).toBe(0);
  });

  it('does not mix a changed file into an old upload', async () => {
    const { queue, api, journal } = world();
    const file = fileOf('a.dcm');
    const key = (await fingerprint('u', 'a.dcm', file))!;
    await journal.save({ key, fileId: 7, md5: 'other' });
    add(queue, file);
    expect(await settled(queue, 1)).toMatchObject([{ state: 'done', fileId: 101 }]);
    expect(api.abortUpload).toHaveBeenCalledWith(7);
  });

  it('begins anew when the server no longer knows the upload', async () => {
    const { queue, api, runs } = world();
    runs.mockRejectedValueOnce(new Vanished());
    api.uploadState.mockRejectedValue(problem(404, 'not_found'));
    add(queue, fileOf('a.dcm'));
    expect(await settled(queue, 1)).toMatchObject([{ state: 'done', fileId: 102 }]);
  });

  it('stops for an expired session and goes on after signing in', async () => {
    const { queue, runs } = world();
    runs.mockRejectedValueOnce(problem(401, 'unauthenticated'));
    add(queue, fileOf('a.dcm'));
    expect(await settled(queue, 1)).toMatchObject([{ state: 'paused' }]);
    queue.resumeInterrupted();
    await vi.waitFor(() => expect(queue.snapshot().items).toMatchObject([{ state: 'done' }]));
  });

  it('no longer waits for the network as soon as bytes move', async () => {
    const contexts: TransferContext[] = [];
    const { queue, runs } = world();
    runs.mockImplementation((_, context) => new Promise<void>(() => void contexts.push(context)));
    add(queue, fileOf('a.dcm', 'x'.repeat(100)));
    const context = await vi.waitFor(() => {
      expect(contexts).toHaveLength(1);
      return contexts[0]!;
    });
    const state = () => queue.snapshot().items[0]?.state;
    context.onSent(40);
    context.onSent(0);
    context.onWaiting(true);
    await vi.waitFor(() => expect(state()).toBe('offline'));
    context.onSent(10);
    await vi.waitFor(() => expect(state()).toBe('uploading'));
  });

  it('keeps what the bucket holds when paused, and frees it when cancelled', async () => {
    const { queue, api, journal, runs } = world({ run: () => new Promise(() => undefined) });
    add(queue, fileOf('a.dcm'));
    await vi.waitFor(() => expect(runs).toHaveBeenCalled());
    const key = await vi.waitFor(() => queue.snapshot().items[0]!.key);
    queue.pause(key);
    expect(runs.mock.calls[0]![1].signal.aborted).toBe(true);
    expect(journal.entries.size).toBe(1);
    expect(api.abortUpload).not.toHaveBeenCalled();
    queue.cancel(key);
    await vi.waitFor(() => expect(api.abortUpload).toHaveBeenCalledWith(101));
    expect(journal.entries.size).toBe(0);
  });

  it('frees an upload that is registered only after it was cancelled, and does not remember it', async () => {
    const { queue, api, journal, created } = world();
    let answer: () => void = () => undefined;
    api.createUploads.mockImplementation(
      (files) => new Promise((resolve) => (answer = () => resolve({ items: files.map(created) }))),
    );
    add(queue, fileOf('a.dcm'));
    await vi.waitFor(() => expect(api.createUploads).toHaveBeenCalled());
    queue.cancelAll();
    answer();
    await vi.waitFor(() => expect(api.abortUpload).toHaveBeenCalledWith(101));
    expect(journal.entries.size).toBe(0);
    await vi.waitFor(() => expect(queue.snapshot().items).toMatchObject([{ state: 'cancelled' }]));
  });

  it('leaves nothing on the computer when the user signs out, and stops', async () => {
    const { queue, journal, runs } = world({ run: () => new Promise(() => undefined) });
    add(queue, fileOf('a.dcm'));
    await vi.waitFor(() => expect(runs).toHaveBeenCalled());
    await queue.close();
    expect(runs.mock.calls[0]![1].signal.aborted).toBe(true);
    expect(journal.entries.size).toBe(0);
  });

  it('takes the same file once, however often it is dropped', async () => {
    const { queue } = world();
    add(queue, fileOf('a.dcm'), fileOf('a.dcm'));
    await settled(queue, 1);
  });

  it('says why the server refused a file, and does not offer to send the same bytes again', async () => {
    const { queue, api } = world();
    const reason = { code: 'truncated', message: 'cut off' } as const;
    api.image.mockImplementation((id) =>
      Promise.resolve({ ...PROCESSED, id, status: 'FAILED', status_reason: reason }),
    );
    add(queue, fileOf('a.dcm'));
    const [item] = await settled(queue, 1);
    expect(item).toMatchObject({ state: 'failed', error: new Rejected([reason]) });
    queue.cancelAll();
    queue.retryAll();
    expect(await settled(queue, 1)).toMatchObject([{ state: 'failed', error: new Rejected([reason]) }]);
    expect(api.abortUpload).not.toHaveBeenCalled();
    queue.clearJudged();
    await settled(queue, 0);
  });

  it('keeps why a file failed when it is cancelled afterwards', async () => {
    const { queue } = world();
    add(queue, fileOf('empty.dcm', ''));
    await settled(queue, 1);
    queue.cancelAll();
    await vi.waitFor(() =>
      expect(queue.snapshot().items).toMatchObject([{ state: 'cancelled', error: new Refused('empty') }]),
    );
  });

  it('registers a waiting file for the patient it is dropped for a second time', async () => {
    const { queue, api } = world();
    const file = { file: fileOf('a.dcm'), path: 'a.dcm' };
    queue.add([file], null);
    queue.add([file], 'P-1');
    expect(await settled(queue, 1)).toMatchObject([{ patientId: 'P-1' }]);
    expect(api.createUploads.mock.calls[0]![0]).toMatchObject([{ patient_id: 'P-1' }]);
  });

  it('tries a failed file again when it is dropped once more', async () => {
    const { queue, runs } = world();
    runs.mockRejectedValueOnce(new Refused('changed'));
    add(queue, fileOf('a.dcm'));
    expect(await settled(queue, 1)).toMatchObject([{ state: 'failed' }]);
    add(queue, fileOf('a.dcm'));
    await vi.waitFor(() => expect(queue.snapshot().items).toMatchObject([{ state: 'done' }]));
    expect(runs).toHaveBeenCalledTimes(2);
  });
});
