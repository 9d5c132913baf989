import { afterEach, describe, expect, it, vi } from 'vitest';
import { sessionExpiry, type Session } from '../session/session';
import { createApi, given } from './api';
import { createApiClient } from './client';
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
  return vi.fn((request: Request) => {
    const sent = request.headers.get('authorization');
    return Promise.resolve(
      sent === `Bearer ${token}` ? Response.json({ ok: true }) : problem(401, { code: 'unauthenticated' }),
    );
  });
}

/** The page's calls, answered by `server`. */
const apiOf = (session: Session, server: (request: Request) => Promise<Response>) =>
  createApi(createApiClient('https://api.example.org/api/v1', session, server));

afterEach(() => sessionExpiry.set(false));

describe('the API of the page', () => {
  it('renews an expired token once and repeats the request', async () => {
    const session = sessionOf(['old', 'new']);
    const server = serverAccepting('new');
    await expect(apiOf(session, server).patients({})).resolves.toEqual({ ok: true });
    expect(server).toHaveBeenCalledTimes(2);
    expect(sessionExpiry.get()).toBe(false);
  });

  it('renews once for many requests that fail together', async () => {
    const session = sessionOf(['old', 'new']);
    const api = apiOf(session, serverAccepting('new'));
    await Promise.all([api.patients({}), api.allImages({}), api.trash({})]);
    expect(session.renew).toHaveBeenCalledTimes(1);
  });

  it('says to somebody whom an administrator has disabled what is wrong, and not to sign in again', async () => {
    const session = sessionOf(['good', 'another']);
    const server = vi.fn(() => Promise.resolve(problem(401, { code: 'user_disabled' })));
    await expect(apiOf(session, server).patients({})).rejects.toMatchObject({ code: 'user_disabled' });
    expect(server).toHaveBeenCalledTimes(1);
    expect(session.renew).not.toHaveBeenCalled();
    expect(sessionExpiry.get()).toBe(false);
  });

  it('asks to sign in again when the token cannot be renewed', async () => {
    const api = apiOf(sessionOf(['old']), serverAccepting('new'));
    await expect(api.patients({})).rejects.toMatchObject({ status: 401 });
    expect(sessionExpiry.get()).toBe(true);
  });

  it('carries the code, the wrong fields and the request id of a problem', async () => {
    const body = { code: 'invalid', request_id: 'r1', errors: [{ field: 'size', message: 'too small' }, 7] };
    const api = apiOf(sessionOf(['t']), () => Promise.resolve(problem(422, body)));
    const error = await api.signParts(1, []).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).problem).toMatchObject({
      code: 'invalid',
      request_id: 'r1',
      errors: [{ field: 'size', message: 'too small' }],
    });
  });

  it('keeps further members of a problem and the time to wait', async () => {
    const answer = problem(503, { code: 'unavailable', missing_chunks: [3] }, { 'retry-after': '7' });
    const api = apiOf(sessionOf(['t']), () => Promise.resolve(answer));
    const error = (await api.patients({}).catch((caught: unknown) => caught)) as ApiError;
    expect(error.problem.extra).toEqual({ missing_chunks: [3] });
    expect(error.retryAfter).toBe(7);
    expect(error.isTransient).toBe(true);
  });

  it('understands an error page that is no problem document', async () => {
    const gateway = () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(apiOf(sessionOf(['t']), gateway).patients({})).rejects.toMatchObject({
      code: 'http_502',
    });
  });

  it('tells a lost connection from an answer', async () => {
    const offline = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(apiOf(sessionOf(['t']), offline).patients({})).rejects.toBeInstanceOf(Unreachable);
  });
});

describe('what is sent', () => {
  const asked = async (call: (api: ReturnType<typeof apiOf>) => Promise<unknown>) => {
    const server = vi.fn<(request: Request) => Promise<Response>>(() => Promise.resolve(Response.json({})));
    await call(apiOf(sessionOf(['t']), server));
    return server.mock.calls[0]![0];
  };

  it('leaves out of a query what is not set, and encodes the rest', async () => {
    const request = await asked((api) =>
      api.allImages({ modality: '', cursor: null, page: 2, search: '胸 50%' }),
    );
    expect(new URL(request.url).search).toBe('?page=2&search=%E8%83%B8%2050%25');
    expect(given({ a: '', b: null, c: undefined, d: 0, e: false })).toEqual({ d: 0, e: false });
  });

  it('encodes what stands in a path', async () => {
    const request = await asked((api) => api.patient('a/b?c#d 张'));
    expect(new URL(request.url).pathname).toBe('/api/v1/patients/a%2Fb%3Fc%23d%20%E5%BC%A0');
  });

  it('repeats the body when the token was renewed', async () => {
    const bodies: string[] = [];
    const server = async (request: Request) => {
      bodies.push(await request.text());
      return bodies.length === 1 ? problem(401, { code: 'unauthenticated' }) : Response.json({});
    };
    await apiOf(sessionOf(['old', 'new']), server).signParts(1, [2, 3]);
    expect(bodies).toEqual(['{"part_numbers":[2,3]}', '{"part_numbers":[2,3]}']);
  });

  it('ends with the signal of whoever asked, as no failure of the network', async () => {
    const aborted = new AbortController();
    const server = (request: Request) => {
      aborted.abort(new DOMException('no longer wanted', 'AbortError'));
      return Promise.reject(request.signal.reason as Error);
    };
    const asking = apiOf(sessionOf(['t']), server).patients({}, aborted.signal);
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
  });
});
