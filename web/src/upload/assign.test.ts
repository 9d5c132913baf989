import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/problem';
import type { ImageChange, ImageFile } from '../api/types';
import { give, misplacedOf, MovedMeanwhile, ownersOf } from './assign';
import type { UploadItem } from './item';

function known(fileId: number, owner: unknown, patientId: string | null = 'P-1'): UploadItem {
  const record = { patient_id: owner as string | null, version: 1 };
  return { key: `k${fileId}`, fileId, patientId, record, state: 'duplicate', kept: false } as UploadItem;
}

function conflict(current: Partial<ImageFile>): ApiError {
  const extra = { current };
  return new ApiError({
    status: 409,
    code: 'version_conflict',
    detail: '',
    request_id: null,
    errors: [],
    extra,
  });
}

describe('misplacedOf', () => {
  it('finds what belongs to nobody or to somebody else, and each record once', () => {
    const items = [known(1, null), known(2, 'P-2'), known(3, 'P-1'), known(4, null, null), known(1, null)];
    const found = misplacedOf(items);
    expect(found).toMatchObject({ patientId: 'P-1', files: [{ fileId: 1 }, { fileId: 2 }] });
    expect([...ownersOf(found!.files)]).toEqual([
      [null, 1],
      ['P-2', 1],
    ]);
  });

  it('takes a number for the same id as its text', () => {
    expect(misplacedOf([known(1, 10, '10')])).toBeNull();
  });

  it('asks for one patient after the other', () => {
    const items = [known(1, null, 'P-1'), known(2, null, 'P-2')];
    expect(misplacedOf(items)).toMatchObject({ patientId: 'P-1', files: [{ fileId: 1 }] });
    expect(misplacedOf([{ ...items[0]!, kept: true }, items[1]!])).toMatchObject({ patientId: 'P-2' });
  });
});

describe('give', () => {
  const api = (change: (id: number, body: ImageChange) => Promise<ImageFile>) => ({ change: vi.fn(change) });
  const answer = (id: number) => ({ id, patient_id: 'P-1' }) as ImageFile;

  it('changes each record with the version that was seen', async () => {
    const calls = api((id) => Promise.resolve(answer(id)));
    const given: number[] = [];
    const step = vi.fn();
    const asked = { patientId: 'P-1', files: [known(1, null), known(2, 'P-2')] };
    const outcome = await give(calls, asked, ({ id }) => given.push(id), step);
    expect(outcome).toEqual({ succeeded: [1, 2], failures: [] });
    expect(calls.change.mock.calls).toEqual([
      [1, { version: 1, patient_id: 'P-1' }],
      [2, { version: 1, patient_id: 'P-1' }],
    ]);
    expect(given.sort()).toEqual([1, 2]);
    expect(step).toHaveBeenCalledTimes(2);
  });

  it('repeats a conflict once when the patient is still the old one', async () => {
    const calls = api((id, { version }) =>
      version === 1
        ? Promise.reject(conflict({ patient_id: null, version: 5 }))
        : Promise.resolve(answer(id)),
    );
    const outcome = await give(
      calls,
      { patientId: 'P-1', files: [known(1, null)] },
      () => undefined,
      () => undefined,
    );
    expect(outcome.succeeded).toEqual([1]);
    expect(calls.change.mock.calls.map(([, { version }]) => version)).toEqual([1, 5]);
  });

  it('does not take a file from a patient nobody was told of', async () => {
    const calls = api(() => Promise.reject(conflict({ patient_id: 'P-3', version: 5 })));
    const seen = vi.fn();
    const outcome = await give(calls, { patientId: 'P-1', files: [known(1, null)] }, seen, () => undefined);
    expect(seen).toHaveBeenCalledWith({ patient_id: 'P-3', version: 5 });
    expect(outcome.failures).toEqual([{ id: 1, error: new MovedMeanwhile() }]);
    expect(calls.change).toHaveBeenCalledTimes(1);
  });

  it('is content when somebody else has done it already', async () => {
    const calls = api(() => Promise.reject(conflict({ id: 1, patient_id: 'P-1', version: 5 })));
    const outcome = await give(
      calls,
      { patientId: 'P-1', files: [known(1, null)] },
      () => undefined,
      () => undefined,
    );
    expect(outcome.succeeded).toEqual([1]);
    expect(calls.change).toHaveBeenCalledTimes(1);
  });

  it('goes on after a failure', async () => {
    const broken = conflict({ patient_id: null, version: 5 });
    const calls = api((id) => (id === 1 ? Promise.reject(broken) : Promise.resolve(answer(id))));
    const outcome = await give(
      calls,
      { patientId: 'P-1', files: [known(1, null), known(2, null)] },
      () => undefined,
      () => undefined,
    );
    expect(outcome).toMatchObject({ succeeded: [2], failures: [{ id: 1 }] });
  });
});
