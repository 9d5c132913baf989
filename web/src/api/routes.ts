/** What `schema.ts` knows of a route, in the form in which {@link ApiClient} asks for it. Types only. */
import type { paths } from './schema';

/** Every path of the API begins with it; `apiUrl` of config.json ends with it. */
type Prefix = '/api/v1';
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The routes that know a method: `/image-files/{file_id}` … */
export type Route<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: object }>
    ? P extends `${Prefix}${infer Rest}`
      ? Rest
      : never
    : never;
}[keyof paths];

type Operation<M extends Method, R extends string> = `${Prefix}${R}` extends keyof paths
  ? M extends keyof paths[`${Prefix}${R}`]
    ? paths[`${Prefix}${R}`][M]
    : never
  : never;

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;

/** The body of the answer when all went well. */
export type Answer<M extends Method, R extends string> =
  Operation<M, R> extends { responses: infer Responses }
    ? Json<Responses[keyof Responses & (200 | 201)]>
    : never;

type PathOf<T> = T extends { parameters: { path: infer Path } } ? { path: Path } : unknown;
type BodyOf<T> = T extends { requestBody: infer Request }
  ? { body: Json<Request> }
  : T extends { requestBody?: infer Request }
    ? { body?: Json<NonNullable<Request>> }
    : unknown;
/** Parameters of the query. What is empty or null is not sent. */
type QueryOf<T> = T extends { parameters: { query?: infer Query } }
  ? { query?: { [K in keyof Query]: Query[K] | '' | null } }
  : unknown;

/** What a request needs: the parameters of its path, its query, its body. */
export type Request<M extends Method, R extends string> = PathOf<Operation<M, R>> &
  QueryOf<Operation<M, R>> &
  BodyOf<Operation<M, R>> & { signal?: AbortSignal | undefined };
