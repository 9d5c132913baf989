import { sessionExpiry, SignedOut, type Session } from '../session/session';
import { readProblem, Unreachable } from './problem';

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
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

  get<T>(path: string, options: Options = {}): Promise<T> {
    return this.send<T>('GET', path, options);
  }
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return this.send<T>('POST', path, { body, signal });
  }
  put<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('PUT', path, { body });
  }
  patch<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('PATCH', path, { body });
  }
  delete<T>(path: string): Promise<T> {
    return this.send<T>('DELETE', path, {});
  }

  private async send<T>(method: string, path: string, options: Options): Promise<T> {
    let response = await this.attempt(method, path, options);
    if (response.status === 401 && (await this.renew())) {
      response = await this.attempt(method, path, options);
    }
    if (response.status === 401) sessionExpiry.set(true);
    if (!response.ok) throw await readProblem(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async attempt(method: string, path: string, { query, body, signal }: Options): Promise<Response> {
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
      return await this.fetcher(this.baseUrl + path + queryString(query), init);
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

/** `?a=1&b=2` of what is set; the API refuses empty and unknown parameters. */
export function queryString(query: Query = {}): string {
  const set = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const params = new URLSearchParams(set.map(([key, value]) => [key, String(value)]));
  const encoded = params.toString();
  return encoded === '' ? '' : `?${encoded}`;
}
