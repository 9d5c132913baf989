import { describe, expect, it, vi } from 'vitest';
import { ApiError, Unreachable } from '../api/problem';
import { PutRefused } from './failures';
import { persist } from './persist';

const signal = new AbortController().signal;
const api = (status: number, retryAfter: number | null = null) =>
  new ApiError({ status, code: 'x', detail: '', request_id: null, errors: [], extra: {} }, retryAfter);

/** Fails with each of these, then succeeds. */
function failing(...errors: unknown[]) {
  return () => (errors.length > 0 ? Promise.reject(errors.shift()) : Promise.resolve('done'));
}
const waits = () => vi.fn<(seconds: number, signal: AbortSignal) => Promise<void>>(() => Promise.resolve());

describe('persist', () => {
  it('waits longer and longer for a lost network, without giving up', async () => {
    const wait = waits();
    const lost = Array.from({ length: 12 }, () => new Unreachable('x'));
    await expect(persist(failing(...lost), signal, undefined, wait)).resolves.toBe('done');
    expect(wait.mock.calls.map(([seconds]) => seconds)).toEqual([1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30]);
  });

  it('waits as long as the server asks', async () => {
    const wait = waits();
    await persist(failing(api(503, 12)), signal, undefined, wait);
    expect(wait).toHaveBeenCalledWith(12, signal);
  });

  it('leaves a server that keeps failing to the user', async () => {
    const broken = Array.from({ length: 20 }, () => api(500));
    await expect(persist(failing(...broken), signal, undefined, waits())).rejects.toMatchObject({
      status: 500,
    });
  });

  it.each([api(422), api(401), new PutRefused(403, 'AccessDenied')])('does not repeat %s', async (error) => {
    const wait = waits();
    await expect(persist(failing(error), signal, undefined, wait)).rejects.toBe(error);
    expect(wait).not.toHaveBeenCalled();
  });

  it('says when it waits and when it goes on', async () => {
    const onWaiting = vi.fn();
    await persist(failing(new Unreachable('x')), signal, onWaiting, waits());
    expect(onWaiting.mock.calls).toEqual([[true], [false]]);
  });
});
