import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/problem';
import type { Job } from '../api/types';
import { failedIn, followJob } from './jobs';

const job = (status: Job['status']): Job => ({
  id: 7,
  kind: 'archive',
  status,
  done: status === 'DONE' ? 1 : 0,
  total: 1,
  errors: [],
  created_at: '2026-01-05T14:30:22.000Z',
  updated_at: '2026-01-05T14:30:22.000Z',
  expires_at: '2026-02-04T14:30:22.000Z',
});

function answers(...given: (Job | Error)[]) {
  const pauses: number[] = [];
  const api = {
    job: () => {
      const next = given.shift();
      return next instanceof Error || !next
        ? Promise.reject(next ?? new Error('asked too often'))
        : Promise.resolve(next);
    },
  };
  const pause = (ms: number) => {
    pauses.push(ms);
    return Promise.resolve();
  };
  return { api, pause, pauses };
}

describe('followJob', () => {
  it('asks until the job is over, more and more rarely', async () => {
    const { api, pause, pauses } = answers(job('QUEUED'), job('RUNNING'), job('DONE'));
    expect(await followJob(api, job('QUEUED'), { pause })).toEqual(job('DONE'));
    expect(pauses).toEqual([2000, 3000, 4500]);
  });

  it('says how far the job is, each time that it is not over', async () => {
    const { api, pause } = answers(
      { ...job('RUNNING'), done: 25 },
      { ...job('RUNNING'), done: 50 },
      job('DONE'),
    );
    const steps: number[] = [];
    await followJob(api, job('QUEUED'), { pause, onStep: ({ done }) => steps.push(done) });
    expect(steps).toEqual([0, 25, 50]);
  });

  it('asks again while the server cannot be reached', async () => {
    const { api, pause } = answers(new Error('no network'), job('FAILED'));
    expect(await followJob(api, job('RUNNING'), { pause })).toEqual(job('FAILED'));
  });

  it('does not wait for the end of a pause when it is woken', async () => {
    const { api } = answers(job('RUNNING'), job('CANCELLED'));
    let wake: () => void = () => undefined;
    let pauses = 0;
    const pause = () => {
      pauses += 1;
      // The second one would never end.
      return pauses === 1 ? Promise.resolve() : new Promise<void>(() => setTimeout(wake));
    };
    const onWake = (next: () => void) => (wake = next);
    expect(await followJob(api, job('QUEUED'), { pause, onWake })).toEqual(job('CANCELLED'));
    expect(pauses).toBe(2);
  });

  it('does not follow what is over, or what nobody knows any more', async () => {
    expect(await followJob(answers().api, job('CANCELLED'))).toEqual(job('CANCELLED'));
    const problem = { status: 404, code: 'not_found', message: '', request_id: null, errors: [] };
    const { api, pause } = answers(new ApiError(problem as never));
    expect(await followJob(api, job('QUEUED'), { pause })).toBeNull();
  });
});

describe('failedIn', () => {
  const errors = [{ file_id: 1, code: 'not_processed' }];
  const over = { ...job('DONE'), done: 40, total: 300, errors } as Job;

  it('counts what is not done of a job that came to its end, of which only the first errors are named', () => {
    expect(failedIn(over)).toBe(260);
  });

  it('counts of a stopped job the files that are named only, because the others were never tried', () => {
    expect(failedIn({ ...over, status: 'CANCELLED' })).toBe(1);
  });
});
