/** Runtime configuration: one static bundle serves every installation, `/config.json` says which one it is. */

/** A caller the local stack offers for trying things out. Never present in the cloud. */
export interface DemoUser {
  name: string;
  role: 'user' | 'admin';
  token: string;
}

/** How people sign in here. */
export type AuthConfig = { mode: 'demo'; users: DemoUser[] } | ({ mode: 'oidc' } & OidcConfig);

/** A provider, and what it calls this page. docs/IDENTITY.md has the values of each. */
export interface OidcConfig {
  /** The issuer, letter by letter. */
  authority: string;
  clientId: string;
  scope: string;
  /** Which token opens the API; the stack's BearerToken says the same. */
  bearer: 'access' | 'id';
  /** What else the provider wants to be asked with, such as Auth0's `audience`. */
  parameters: Record<string, string>;
}

/** The whole of `/config.json`. */
export interface Config {
  /** Base of the API without a trailing slash, absolute or relative to the page. */
  apiUrl: string;
  auth: AuthConfig;
  /** Where OHIF is, without a trailing slash, if a study can be opened there. */
  ohif?: string;
}

/** The configuration is missing or not what this page understands; nothing can start without it. */
export class ConfigError extends Error {}

/** Fetches and checks `/config.json`. Never cached: the tokens of demo users expire. */
export async function loadConfig(fetcher: typeof fetch = fetch): Promise<Config> {
  const response = await fetcher('/config.json', { cache: 'no-store' });
  if (!response.ok) throw new ConfigError(`config.json: HTTP ${response.status}`);
  return parseConfig(await response.json().catch(() => null));
}

/** Turns untrusted JSON into a {@link Config}, or throws a {@link ConfigError} naming the field. */
export function parseConfig(value: unknown): Config {
  const root = record(value, 'config.json');
  return {
    apiUrl: text(root, 'apiUrl').replace(/\/+$/, ''),
    auth: parseAuth(record(root['auth'], 'auth')),
    ...(root['ohif'] !== undefined && { ohif: parseAddress(root, 'ohif') }),
  };
}

/** It gets a token, so it is the address of a page and nothing else. */
function parseAddress(from: Record<string, unknown>, key: string): string {
  const address = text(from, key);
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
    throw new ConfigError(`${key}: no address of a page`);
  return address.replace(/\/+$/, '');
}

function parseAuth(auth: Record<string, unknown>): AuthConfig {
  switch (auth['mode']) {
    case 'oidc':
      return {
        mode: 'oidc',
        authority: text(auth, 'authority'),
        clientId: text(auth, 'clientId'),
        scope: text(auth, 'scope'),
        bearer: parseBearer(auth['bearer']),
        parameters: parseParameters(auth['parameters'] ?? {}),
      };
    case 'demo': {
      const users = auth['users'];
      if (!Array.isArray(users) || users.length === 0) throw new ConfigError('auth.users: empty');
      return { mode: 'demo', users: users.map(parseUser) };
    }
    default:
      throw new ConfigError('auth.mode: neither demo nor oidc');
  }
}

function parseBearer(value: unknown): 'access' | 'id' {
  if (value === undefined || value === 'access') return 'access';
  if (value === 'id') return 'id';
  throw new ConfigError('auth.bearer: neither access nor id');
}

function parseParameters(value: unknown): Record<string, string> {
  const parameters = record(value, 'auth.parameters');
  return Object.fromEntries(Object.keys(parameters).map((name) => [name, text(parameters, name)]));
}

function parseUser(value: unknown): DemoUser {
  const user = record(value, 'auth.users');
  return {
    name: text(user, 'name'),
    role: user['role'] === 'admin' ? 'admin' : 'user',
    token: text(user, 'token'),
  };
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new ConfigError(`${name}: not an object`);
  return value as Record<string, unknown>;
}

function text(from: Record<string, unknown>, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw new ConfigError(`${key}: missing`);
  return value;
}
