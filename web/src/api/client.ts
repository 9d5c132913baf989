import createClient from 'openapi-fetch';
import { sessionExpiry, SignedOut, type Session } from '../session/session';
import { isSignedOut, readProblem, Unreachable } from './problem';
import type { paths } from './schema';

/** The routes without what `apiUrl` of config.json ends with. */
export type Routes = { [P in keyof paths as P extends `/api/v1${infer Route}` ? Route : never]: paths[P] };

/** A typed client. Every failure of its requests is thrown, as {@link ApiError} or {@link Unreachable}. */
export function createApiClient(
  baseUrl: string,
  session: Session,
  fetcher: (request: Request) => Promise<Response> = (request) => fetch(request),
) {
  const sender = new Sender(session, fetcher);
  const headers = { accept: 'application/json' };
  return createClient<Routes>({ baseUrl, headers, fetch: (request) => sender.send(request) });
}

export type ApiClient = ReturnType<typeof createApiClient>;

/** Sends requests with the session's token, renews it once after a 401, and turns every failure into a type. */
class Sender {
  constructor(
    private readonly session: Session,
    private readonly fetcher: (request: Request) => Promise<Response>,
  ) {}

  async send(request: Request): Promise<Response> {
    const again = request.clone();
    let response = await this.attempt(request);
    if (response.ok) return response;
    let problem = await readProblem(response);
    if (isSignedOut(problem) && (await this.renew())) {
      response = await this.attempt(again);
      if (response.ok) return response;
      problem = await readProblem(response);
    }
    if (isSignedOut(problem)) sessionExpiry.set(true);
    throw problem;
  }

  private async attempt(request: Request): Promise<Response> {
    request.headers.set('authorization', `Bearer ${await this.token()}`);
    try {
      return await this.fetcher(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
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
