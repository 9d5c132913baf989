import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Api } from '../api/api';
import { ApiError, Unreachable } from '../api/problem';
import type { ImageFile, ImagePage } from '../api/types';
import { Follower } from './follower';

const NOT_FOUND = new ApiError({
  status: 404,
  code: 'not_found',
  detail: '',
  request_id: null,
  errors: [],
  extra: {},
});

/** A service with files 1..count, newest first, that is done with those in `done`. */
function world(count: number) {
  const done = new Set<number>();
  const deleted = new Set<number>();
  const file = (id: number) => ({ id, status: done.has(id) ? 'PROCESSED' : 'PROCESSING' }) as ImageFile;
  const api = {
    image: vi.fn((id: number) => (deleted.has(id) ? Promise.reject(NOT_FOUND) : Promise.resolve(file(id)))),
    myImages: vi.fn(({ page_size, cursor }: Parameters<Api['myImages']>[0]) => {
      const all = Array.from({ length: count }, (_, index) => count - index).filter((id) => !deleted.has(id));
      const start = Number(cursor ?? 0);
      const end = start + Number(page_size);
      const next_cursor = end < all.length ? String(end) : null;
      return Promise.resolve({ items: all.slice(start, end).map(file), next_cursor } as ImagePage);
    }),
  };
  const settled: number[] = [];
  const gone: number[] = [];
  const follower = new Follower({
    api,
    onRecord: ({ id, status }) => {
      if (status !== 'PROCESSED') return false;
      settled.push(id);
      return true;
    },
    onGone: (id) => gone.push(id),
  });
  const calls = () => api.image.mock.calls.length + api.myImages.mock.calls.length;
  return { api, done, deleted, settled, gone, follower, calls };
}

describe('Follower', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells when a file is done, and then asks no more', async () => {
    const { follower, done, settled, calls } = world(1);
    follower.follow(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(settled).toEqual([]);
    done.add(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(settled).toEqual([1]);
    const before = calls();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(calls()).toBe(before);
  });

  it('asks at most one request a second for two thousand files, and finds them all', async () => {
    const { follower, done, settled, calls } = world(2_000);
    for (let id = 1; id <= 2_000; id++) follower.follow(id);
    let seconds = 0;
    for (; settled.length < 2_000 && seconds < 600; seconds += 10) {
      for (let id = 1; id <= seconds * 30; id++) done.add(id);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(settled).toHaveLength(2_000);
    expect(calls()).toBeLessThanOrEqual(seconds);
  });

  it('asks more and more rarely while nothing happens', async () => {
    const { follower, calls } = world(1);
    follower.follow(1);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(calls()).toBeLessThan(200);
    expect(calls()).toBeGreaterThan(100);
  });

  it('asks soon for a new file although another has been stuck for an hour', async () => {
    const { follower, done, settled } = world(2);
    follower.follow(1);
    await vi.advanceTimersByTimeAsync(3_600_000);
    done.add(2);
    follower.follow(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(settled).toEqual([2]);
  });

  it('is not put off by files that keep arriving', async () => {
    const { follower, done, settled } = world(100);
    for (let id = 1; id <= 100; id++) {
      follower.follow(id);
      done.add(id);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(settled.length).toBeGreaterThan(70);
  });

  it('says of files that were deleted that they are gone, among many and among few', async () => {
    const { follower, done, deleted, settled, gone } = world(300);
    for (let id = 1; id <= 300; id++) {
      follower.follow(id);
      if (id % 30 === 0) deleted.add(id);
      else done.add(id);
    }
    await vi.advanceTimersByTimeAsync(120_000);
    expect(settled).toHaveLength(290);
    expect(gone.sort((a, b) => a - b)).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300]);
  });

  it('goes on after the network was gone', async () => {
    const { follower, api, done, settled } = world(1);
    api.image.mockRejectedValueOnce(new Unreachable('cut'));
    done.add(1);
    follower.follow(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(settled).toEqual([1]);
  });
});
