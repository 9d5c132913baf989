import { describe, expect, it, vi } from 'vitest';
import { ApiError, problemOf } from '../api/problem';
import { personName } from '../format';
import { assignAll, headerGroups, isPatientId, isSameName, patientOf } from './headers';
import type { UploadItem } from './item';

function item(fileId: number, id: string | null, change: Partial<UploadItem> = {}): UploadItem {
  const header = id === null ? null : { id, name: '张三' };
  const record = { patient_id: null, version: 1, header };
  return {
    key: `k${fileId}`,
    fileId,
    patientId: null,
    record,
    state: 'done',
    kept: false,
    ...change,
  } as UploadItem;
}

describe('headerGroups', () => {
  it('has one group for each person of the headers, each record once', () => {
    const groups = headerGroups([
      item(1, 'P-2'),
      item(2, 'P-1'),
      item(3, 'P-1'),
      item(3, 'P-1'),
      item(4, null),
    ]);
    expect(groups.map(({ header, files }) => [header.id, files.length])).toEqual([
      ['P-1', 2],
      ['P-2', 1],
    ]);
  });

  it('leaves out what has a patient, was dropped for one, was decided, or is under way', () => {
    const of = { patient_id: 'P-9', version: 1, header: { id: 'P-1', name: '' } };
    expect(
      headerGroups([
        item(1, 'P-1', { record: of }),
        item(2, 'P-1', { patientId: 'P-1' }),
        item(3, 'P-1', { kept: true }),
        item(4, 'P-1', { state: 'processing' }),
      ]),
    ).toEqual([]);
  });
});

describe('patientOf', () => {
  const missing = () => Promise.reject(new ApiError(problemOf(404, { code: 'not_found' })));
  const patient = (patient_id: string, medical_record_number: string | null) =>
    ({ patient_id, medical_record_number }) as never;

  it('finds by id, then by record number, and nobody when two have it', async () => {
    const header = { id: 'P-1', name: '' };
    const patients = vi.fn(() =>
      Promise.resolve({ items: [patient('A', 'P-1'), patient('B', 'P-12')] } as never),
    );
    const byId = await patientOf({ patient: () => Promise.resolve(patient('P-1', null)), patients }, header);
    expect(byId).toMatchObject({ patient_id: 'P-1' });
    expect(await patientOf({ patient: missing, patients }, header)).toMatchObject({ patient_id: 'A' });
    const two = () => Promise.resolve({ items: [patient('A', 'P-1'), patient('B', 'P-1')] } as never);
    expect(await patientOf({ patient: missing, patients: two }, header)).toBeNull();
  });
});

describe('assignAll', () => {
  const never = () => Promise.reject(new Error('not asked for'));
  it('asks for a thousand at a time and tells what failed', async () => {
    const assign = vi.fn((ids: number[]) =>
      Promise.resolve({
        updated: ids.slice(1),
        errors: { [String(ids[0])]: { code: 'not_found', message: '' } },
      } as never),
    );
    const ids = Array.from({ length: 1500 }, (_, index) => index + 1);
    const outcome = await assignAll({ assign, assignStudy: never }, { ids }, 'P-1');
    expect(assign.mock.calls.map(([asked]) => asked.length)).toEqual([1000, 500]);
    expect(outcome.succeeded).toHaveLength(1498);
    expect(outcome.failures.map(({ id }) => id)).toEqual([1, 1001]);
  });
});

describe('assignAll of a study', () => {
  const late = (ids: number[]) =>
    Object.fromEntries(ids.map((id) => [String(id), { code: 'unavailable', message: '' }]));

  it('names the study, and then those files that the time was not enough for', async () => {
    const assignStudy = vi.fn(() => Promise.resolve({ updated: [1, 2], errors: late([3, 4]) } as never));
    const assign = vi.fn((ids: number[]) => Promise.resolve({ updated: ids, errors: {} } as never));
    const outcome = await assignAll({ assign, assignStudy }, { studyId: 7, files: 4 }, 'P-1');
    expect(assignStudy.mock.calls).toEqual([[7, 'P-1']]);
    expect(assign.mock.calls).toEqual([[[3, 4], 'P-1']]);
    expect(outcome).toEqual({ succeeded: [1, 2, 3, 4], failures: [] });
  });

  it('gives up where asking again does not help', async () => {
    const assignStudy = () => Promise.resolve({ updated: [1], errors: late([2]) } as never);
    const assign = vi.fn((ids: number[]) => Promise.resolve({ updated: [], errors: late(ids) } as never));
    const outcome = await assignAll({ assign, assignStudy }, { studyId: 7, files: 2 }, 'P-1');
    expect(assign).toHaveBeenCalledTimes(1);
    expect(outcome.succeeded).toEqual([1]);
    expect(outcome.failures.map(({ id }) => id)).toEqual([2]);
  });
});

describe('names and ids of headers', () => {
  it.each([
    ['TEST^PERSON', 'TEST PERSON'],
    ['Zhang^San=张^三', '张三'],
    ['张^三', '张三'],
    ['Yamada^Tarou=山田^太郎=やまだ^たろう', '山田太郎'],
    ['Adams^John Robert Quincy^^Rev.^B.A. M.Div.', 'Adams John Robert Quincy Rev. B.A. M.Div.'],
    ['', ''],
    [null, ''],
  ])('reads %s', (value, expected) => expect(personName(value)).toBe(expected));

  it('knows which names are the same', () => {
    expect(isSameName('Zhang San', 'san  ZHANG')).toBe(true);
    expect(isSameName('张 三', '张三')).toBe(true);
    expect(isSameName('张三', '李四')).toBe(false);
  });

  it('knows what can be an id', () => {
    expect(['P-1', '900', 'a.b_c'].every(isPatientId)).toBe(true);
    expect(['', '..', 'a b', '张三', 'x'.repeat(65)].some(isPatientId)).toBe(false);
  });
});
