import { describe, expect, it } from 'vitest';
import { Unreachable } from '../api/problem';
import { Refused, Rejected } from './failures';
import { Meter } from './meter';
import { byUrgency, progressOf } from './progress';
import type { UploadItem, UploadStateName } from './item';

function item(state: UploadStateName, size: number, sent: number): UploadItem {
  const file = { size } as File;
  return {
    key: `${state}-${size}`,
    file,
    path: 'x',
    print: 'x',
    patientId: null,
    state,
    sent,
    fileId: null,
    existing: false,
    record: null,
    notices: [],
    kept: false,
    inTrash: null,
    error: null,
  };
}

describe('progressOf', () => {
  it('adds up what arrived, runs and failed', () => {
    const totals = progressOf([item('done', 10, 10), item('duplicate', 5, 5), item('uploading', 20, 8)], 4);
    expect(totals).toMatchObject({
      files: 3,
      filesDone: 2,
      bytes: 35,
      bytesDone: 23,
      ready: 1,
      existing: 1,
      remaining: 3,
    });
  });

  it('counts what is stored without a picture apart from pictures', () => {
    const readme = { ...item('done', 1, 1), notices: [{ code: 'not_image_file' as const, message: '' }] };
    const guessed = { ...item('done', 1, 1), notices: [{ code: 'charset_guessed' as const, message: '' }] };
    const totals = progressOf([readme, guessed, item('done', 1, 1)], 0);
    expect(totals).toMatchObject({ filesDone: 3, ready: 2, pictureless: 1 });
  });

  it('offers another try only for what may succeed', () => {
    const failed = (error: unknown) => ({ ...item('failed', 1, 0), error });
    const totals = progressOf([failed(new Refused('empty')), failed(new Unreachable('x'))], 0);
    expect(totals).toMatchObject({ failed: 2, retryable: 1 });
  });

  it('tells what the server judged from what did not arrive', () => {
    const rejected = { ...item('failed', 1, 1), error: new Rejected([]) };
    const totals = progressOf(
      [rejected, item('doubt', 1, 1), item('failed', 1, 0), item('processing', 1, 1)],
      0,
    );
    expect(totals).toMatchObject({
      failed: 2,
      doubt: 1,
      judged: 2,
      cancellable: 1,
      processing: 1,
      running: 0,
    });
  });

  it('counts a known file that belongs to another patient as doubtful until that is decided', () => {
    const known = { ...item('duplicate', 1, 1), patientId: 'P-1', record: { patient_id: 'P-2', version: 1 } };
    expect(progressOf([known], 0)).toMatchObject({ doubt: 1, existing: 0, clearable: 0 });
    expect(progressOf([{ ...known, kept: true }], 0)).toMatchObject({ doubt: 0, existing: 1, clearable: 1 });
  });

  it('promises no end while the network is gone', () => {
    expect(progressOf([item('uploading', 20, 8), item('offline', 20, 8)], 4)).toMatchObject({
      offline: true,
      remaining: null,
    });
  });

  it('is not held back by a huge file that was refused or cancelled', () => {
    const totals = progressOf([item('done', 10, 10), item('failed', 6e9, 0), item('cancelled', 6e9, 0)], 0);
    expect(totals).toMatchObject({ bytes: 10, bytesDone: 10, failed: 1, remaining: null });
  });
});

describe('byUrgency', () => {
  it('puts what needs a person first and keeps the order among equals', () => {
    const states = ['cancelled', 'done', 'waiting', 'doubt', 'uploading', 'failed', 'duplicate'] as const;
    const sorted = byUrgency(states.map((state) => item(state, 1, 0))).map(({ state }) => state);
    expect(sorted).toEqual(['failed', 'doubt', 'waiting', 'uploading', 'done', 'duplicate', 'cancelled']);
  });
});

describe('Meter', () => {
  it('measures the last seconds only', () => {
    let now = 0;
    const meter = new Meter(() => now);
    meter.add(1_000_000);
    now = 20_000;
    meter.add(100);
    now = 22_000;
    meter.add(300);
    expect(meter.speed()).toBe(200);
  });
});
