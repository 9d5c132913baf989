import { sessionExpiry, SignedOut, type Session } from '../session/session';
import { readProblem, Unreachable } from './problem';
import type { Answer, Request as Asked, Route } from './routes';

type Value = string | number | boolean | null | undefined;

/** {@link Asked} of any route, once the compiler has checked it against the route. */
interface AnyRequest {
  path?: Record<string, string | number>;
  query?: Record<string, Value>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** Sends requests with the session's token, renews it once after a 401, and turns every failure into a type. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly session: Session,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  get<R extends Route<'get'>>(route: R, asked: Asked<'get', R>): Promise<Answer<'get', R>> {
    return this.send('GET', route, asked);
  }
  post<R extends Route<'post'>>(route: R, asked: Asked<'post', R>): Promise<Answer<'post', R>> {
    return this.send('POST', route, asked);
  }
  put<R extends Route<'put'>>(route: R, asked: Asked<'put', R>): Promise<Answer<'put', R>> {
    return this.send('PUT', route, asked);
  }
  patch<R extends Route<'patch'>>(route: R, asked: Asked<'patch', R>): Promise<Answer<'patch', R>> {
    return this.send('PATCH', route, asked);
  }
  delete<R extends Route<'delete'>>(route: R, asked: Asked<'delete', R>): Promise<Answer<'delete', R>> {
    return this.send('DELETE', route, asked);
  }

  private async send<T>(method: string, route: string, asked: AnyRequest): Promise<T> {
    let response = await this.attempt(method, route, asked);
    if (response.status === 401 && (await this.renew())) response = await this.attempt(method, route, asked);
    if (response.status === 401) sessionExpiry.set(true);
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as T;
  }

  private async attempt(method: string, route: string, asked: AnyRequest): Promise<Response> {
    const { path, query, body, signal } = asked;
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${await this.token()}`,
    };
    const init: RequestInit = { method, headers, signal: signal ?? null };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    try {
      return await this.fetcher(this.baseUrl + filled(route, path) + queryString(query), init);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable(error);
    }
  }

  private async token(): Promise<string> {
    try {
      return await this.session.token();
    } catch (error) {
      if (error instanceof SignedOut) sessionExpiry.set(true);
      throw error;
    }
  }

  /** Many requests fail together when a token expires: they share one renewal. */
  private renewal: Promise<boolean> | null = null;
  private renew(): Promise<boolean> {
    this.renewal ??= this.session
      .renew()
      .catch(() => false)
      .finally(() => (this.renewal = null));
    return this.renewal;
  }
}

/** `/patients/{patient_id}` with the values of its parameters. */
function filled(route: string, path: Record<string, string | number> = {}): string {
  return route.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
}

/** `?a=1&b=2` of what is set; the API refuses empty and unknown parameters. */
export function queryString(query: Record<string, Value> = {}): string {
  const set = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const params = new URLSearchParams(set.map(([key, value]) => [key, String(value)]));
  const encoded = params.toString();
  return encoded === '' ? '' : `?${encoded}`;
}
