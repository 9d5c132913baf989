import { afterEach, describe, expect, it, vi } from 'vitest';
import { sessionExpiry, type Session } from '../session/session';
import { ApiClient, queryString } from './client';
import { ApiError, Unreachable } from './problem';

function sessionOf(tokens: string[]): Session {
  let current = 0;
  return {
    user: () => ({ name: 'x', isAdmin: false }),
    token: () => Promise.resolve(tokens[current] ?? ''),
    renew: vi.fn(() => Promise.resolve(++current < tokens.length)),
    signInAgain: () => Promise.resolve(),
    signOut: () => Promise.resolve(),
  };
}

const problem = (status: number, body: object, headers = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });

/** Accepts one token and counts what it was asked. */
function serverAccepting(token: string) {
  return vi.fn<typeof fetch>((_, init) => {
    const sent = new Headers(init?.headers).get('authorization');
    return Promise.resolve(
      sent === `Bearer ${token}` ? Response.json({ ok: true }) : problem(401, { code: 'unauthenticated' }),
    );
  });
}

afterEach(() => sessionExpiry.set(false));

describe('ApiClient', () => {
  it('renews an expired token once and repeats the request', async () => {
    const session = sessionOf(['old', 'new']);
    const server = serverAccepting('new');
    await expect(new ApiClient('/api', session, server).get('/patients', {})).resolves.toEqual({ ok: true });
    expect(server).toHaveBeenCalledTimes(2);
    expect(sessionExpiry.get()).toBe(false);
  });

  it('renews once for many requests that fail together', async () => {
    const session = sessionOf(['old', 'new']);
    const client = new ApiClient('/api', session, serverAccepting('new'));
    await Promise.all([
      client.get('/patients', {}),
      client.get('/image-files', {}),
      client.get('/image-files/trash', {}),
    ]);
    expect(session.renew).toHaveBeenCalledTimes(1);
  });

  it('asks to sign in again when the token cannot be renewed', async () => {
    const client = new ApiClient('/api', sessionOf(['old']), serverAccepting('new'));
    await expect(client.get('/patients', {})).rejects.toMatchObject({ status: 401 });
    expect(sessionExpiry.get()).toBe(true);
  });

  it('carries the code, the wrong fields and the request id of a problem', async () => {
    const body = { code: 'invalid', request_id: 'r1', errors: [{ field: 'size', message: 'too small' }, 7] };
    const client = new ApiClient('', sessionOf(['t']), () => Promise.resolve(problem(422, body)));
    const error = await client
      .post('/uploads/{file_id}/parts', { path: { file_id: 1 }, body: { part_numbers: [] } })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).problem).toMatchObject({
      code: 'invalid',
      request_id: 'r1',
      errors: [{ field: 'size', message: 'too small' }],
    });
  });

  it('keeps further members of a problem and the time to wait', async () => {
    const answer = problem(503, { code: 'unavailable', missing_chunks: [3] }, { 'retry-after': '7' });
    const client = new ApiClient('', sessionOf(['t']), () => Promise.resolve(answer));
    const error = (await client.get('/patients', {}).catch((caught: unknown) => caught)) as ApiError;
    expect(error.problem.extra).toEqual({ missing_chunks: [3] });
    expect(error.retryAfter).toBe(7);
    expect(error.isTransient).toBe(true);
  });

  it('understands an error page that is no problem document', async () => {
    const gateway = () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(new ApiClient('', sessionOf(['t']), gateway).get('/patients', {})).rejects.toMatchObject({
      code: 'http_502',
    });
  });

  it('tells a lost connection from an answer', async () => {
    const offline = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(new ApiClient('', sessionOf(['t']), offline).get('/patients', {})).rejects.toBeInstanceOf(
      Unreachable,
    );
  });
});

describe('queryString', () => {
  it('leaves out what is not set and encodes the rest', () => {
    expect(queryString({ a: '', b: null, c: undefined, page: 2, search: '胸 50%' })).toBe(
      '?page=2&search=%E8%83%B8+50%25',
    );
    expect(queryString({})).toBe('');
  });
});
