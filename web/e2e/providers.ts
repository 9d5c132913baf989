import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type Adapter, type AdapterPayload, type Configuration } from 'oidc-provider';
import { CLIENT_ID, clientOf } from './issuer';

/** What the access tokens of one provider look like, after its documentation (docs/IDENTITY.md cites it). */
export interface Shape {
  name: string;
  /** The path of the issuer; some end in a slash. */
  path: string;
  subject: string;
  audience: string;
  /** The scope of the API, as tokens have it. */
  scope: string;
  adminClaim: string;
  adminValue: string;
  /** What the page asks with beside the usual. */
  parameters?: Record<string, string>;
  /** Sign-in and tokens are on another origin than the issuer. */
  apart?: boolean;
  /** Its access tokens are no JWTs, so the ID token opens the API. */
  bearer?: 'id';
  /** It has no page to sign out at. */
  endless?: boolean;
  /** Turns what `oidc-provider` puts into a token into what this one does. */
  claims(payload: Claims): void;
  /** The same of its published keys. */
  keys?(keys: JsonWebKey[]): JsonWebKey[];
}

type Claims = Record<string, unknown>;

const TENANT = '7b1c3a52-9d3e-4f0e-8a35-2a1c7f3b9e10';
const HOSPITAL_API = 'https://filmroom.example.org/api';

export const SHAPES: Shape[] = [
  {
    name: 'Entra',
    path: `/${TENANT}/v2.0`,
    subject: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
    audience: '0c3f1a9e-5a0b-4a7c-9a55-6d1a2f4e8b77',
    scope: 'access',
    adminClaim: 'roles',
    adminValue: 'Filmroom.Admin',
    claims(payload) {
      payload['scp'] = payload['scope'];
      delete payload['scope'];
      Object.assign(payload, { ver: '2.0', tid: TENANT, oid: TENANT, azp: CLIENT_ID, azpacr: '0' });
      payload['roles'] = ['Filmroom.Admin'];
    },
    keys: (keys) => keys.map((key) => ({ ...key, alg: undefined, x5t: 'thumbprint' })),
  },
  {
    name: 'Okta',
    path: '/oauth2/default',
    subject: 'doctor@hospital.example',
    audience: 'api://filmroom',
    scope: 'filmroom',
    adminClaim: 'groups',
    adminValue: 'Filmroom admins',
    claims(payload) {
      payload['scp'] = String(payload['scope']).split(' ');
      delete payload['scope'];
      Object.assign(payload, {
        ver: 1,
        cid: CLIENT_ID,
        uid: '00u1abcd',
        groups: ['Everyone', 'Filmroom admins'],
      });
    },
  },
  {
    name: 'Auth0',
    path: '/',
    subject: 'auth0|507f1f77bcf86cd799439020',
    audience: HOSPITAL_API,
    scope: 'files',
    adminClaim: 'https://filmroom.example.org/roles',
    adminValue: 'admin',
    parameters: { audience: HOSPITAL_API },
    endless: true,
    claims(payload) {
      payload['aud'] = [HOSPITAL_API, 'https://hospital.eu.auth0.com/userinfo'];
      payload['azp'] = CLIENT_ID;
      payload['https://filmroom.example.org/roles'] = ['admin'];
    },
  },
  {
    name: 'Keycloak',
    path: '/realms/hospital',
    subject: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    audience: 'filmroom',
    scope: 'profile',
    adminClaim: 'realm_access.roles',
    adminValue: 'filmroom-admin',
    claims(payload) {
      payload['aud'] = ['filmroom', 'account'];
      Object.assign(payload, { typ: 'Bearer', azp: CLIENT_ID, preferred_username: 'li' });
      payload['realm_access'] = { roles: ['offline_access', 'filmroom-admin'] };
    },
    keys: (keys) => [{ ...keys[0], kid: 'enc', use: 'enc', alg: 'RSA-OAEP' }, ...keys],
  },
  {
    name: 'Cognito',
    path: '/eu-central-1_AbCdEfGhI',
    subject: '92e5d4a4-8041-7073-1234-0d1c2b3a4f5e',
    audience: CLIENT_ID,
    scope: 'filmroom/files',
    adminClaim: 'cognito:groups',
    adminValue: 'admin',
    apart: true,
    claims(payload) {
      // The library refuses a token without one; a member that is not enumerable is not written.
      Object.defineProperty(payload, 'aud', { value: 'none', enumerable: false, writable: true });
      Object.assign(payload, { token_use: 'access', username: payload['sub'], 'cognito:groups': ['admin'] });
    },
  },
  {
    name: 'a provider of opaque access tokens',
    path: '/',
    subject: '108177340571420163741',
    audience: CLIENT_ID,
    scope: '',
    adminClaim: 'groups',
    adminValue: 'admins',
    bearer: 'id',
    claims: () => undefined,
  },
];

/** A certified OpenID Connect provider that behaves like one of the {@link SHAPES}. Anybody may sign in with any password. */
export class ShapedProvider {
  /** Whether it answers 503 to everything. */
  isDown = false;
  private readonly keys = ['old', 'new'].map(keyPair);
  /** What it knows of sessions and tokens; it keeps it when its keys rotate. */
  private readonly known = new Map<string, AdapterPayload>();
  private handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;

  private constructor(
    readonly shape: Shape,
    private readonly servers: Server[],
    readonly issuer: string,
    /** Where people sign in and tokens come from. */
    readonly endpoints: string,
  ) {}

  static async listen(shape: Shape): Promise<ShapedProvider> {
    const servers = Array.from({ length: shape.apart ? 2 : 1 }, () => createServer());
    const urls = await Promise.all(servers.map(listening));
    const [issuer = '', endpoints = issuer] = urls;
    const this_ = new ShapedProvider(shape, servers, issuer + shape.path, endpoints);
    for (const server of servers) server.on('request', (asked, answer) => this_.answer(asked, answer));
    return this_;
  }

  get origins(): string[] {
    return [...new Set([new URL(this.issuer).origin, this.endpoints])];
  }

  /** What the stack is told of it. */
  get settings(): Record<string, string> {
    return {
      JWKS_URL: `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      JWT_ISSUER: this.issuer,
      JWT_AUDIENCE: this.shape.audience,
      JWT_SCOPE: this.shape.scope,
      TRUST_USER_ID: 'false',
      BEARER_TOKEN: this.shape.bearer ?? 'access',
      ADMIN_CLAIM: this.shape.adminClaim,
      ADMIN_VALUE: this.shape.adminValue,
    };
  }

  /** Signs with the second of its two published keys from now on. */
  rotate(page: string): void {
    this.keys.reverse();
    this.serve(page);
  }

  /** Knows the page from now on. */
  serve(page: string): void {
    const provider = new Provider(this.issuer, this.configuration(page));
    const callback = provider.callback();
    this.handler = (request, response) => void callback(request, response);
  }

  async stop(): Promise<void> {
    this.servers.forEach((server) => server.closeAllConnections());
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private configuration(page: string): Configuration {
    const { shape } = this;
    const resource = 'urn:filmroom';
    return {
      adapter: (kind: string) => remembering(this.known, kind),
      clients: [clientOf(page)],
      clientBasedCORS: (_ctx, origin) => origin === page,
      cookies: { keys: ['only for this test'] },
      extraParams: ['audience'],
      // People sign in by what the provider calls them.
      findAccount: () => ({
        accountId: shape.subject,
        claims: () => ({ sub: shape.subject, name: '李医生', groups: ['admins'] }),
      }),
      claims: { openid: ['sub', 'name', 'groups'] },
      conformIdTokenClaims: false,
      issueRefreshToken: () => true,
      jwks: { keys: this.keys as never[] },
      scopes: ['openid', 'offline_access', ...(shape.scope ? [shape.scope] : [])],
      formats: {
        customizers: {
          jwt: (_ctx, _token, jwt) => {
            const payload = jwt.payload as Claims;
            payload['name'] = '李医生';
            shape.claims(payload);
          },
        },
      },
      features: {
        rpInitiatedLogout: { enabled: !shape.endless },
        resourceIndicators: {
          enabled: true,
          // Without its parameter, Auth0 gives a token that only its own userinfo can read.
          defaultResource: (ctx) => {
            const asked = ctx.oidc.route !== 'authorization' || ctx.oidc.params?.['audience'];
            const isOpaque = shape.bearer === 'id' || (shape.parameters && !asked);
            return isOpaque ? [] : resource;
          },
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: shape.scope,
            audience: shape.audience,
            accessTokenFormat: 'jwt' as const,
            jwt: { sign: { alg: 'RS256' as const } },
          }),
        },
      },
    };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const mount = this.shape.path.replace(/\/$/, '');
    const path = request.url ?? '';
    if (this.isDown) {
      response.writeHead(503).end();
      return;
    }
    const inner = path.startsWith(`${mount}/`) ? path.slice(mount.length) : path;
    if (inner === '/jwks') {
      const published = this.keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg }));
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ keys: (this.shape.keys ?? ((keys) => keys))(published as JsonWebKey[]) }),
      );
      return;
    }
    if (inner === '/.well-known/openid-configuration') this.move(response);
    // What the library takes for where it is mounted.
    Object.assign(request, { originalUrl: path, url: inner });
    this.handler(request, response);
  }

  /** The endpoints in the document are those of the other origin. */
  private move(response: ServerResponse): void {
    const own = new URL(this.issuer).origin;
    if (own === this.endpoints) return;
    const end = response.end.bind(response);
    response.end = ((body: Buffer | string) => {
      const document = JSON.parse(String(body)) as Record<string, unknown>;
      for (const name of [
        'authorization_endpoint',
        'token_endpoint',
        'userinfo_endpoint',
        'end_session_endpoint',
      ]) {
        document[name] = String(document[name]).replace(own, this.endpoints);
      }
      const text = JSON.stringify(document);
      response.setHeader('content-length', Buffer.byteLength(text));
      return end(text);
    }) as typeof response.end;
  }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function keyPair(kid: string): JsonWebKey & { kid: string; use: string; alg: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

function remembering(known: Map<string, AdapterPayload>, kind: string): Adapter {
  const found = (matches: (payload: AdapterPayload) => boolean) =>
    Promise.resolve([...known].find(([key, payload]) => key.startsWith(`${kind}:`) && matches(payload))?.[1]);
  return {
    upsert: (id, payload) => Promise.resolve(void known.set(`${kind}:${id}`, payload)),
    find: (id) => Promise.resolve(known.get(`${kind}:${id}`)),
    findByUid: (uid) => found((payload) => payload.uid === uid),
    findByUserCode: (code) => found((payload) => payload.userCode === code),
    consume: (id) => {
      const payload = known.get(`${kind}:${id}`);
      if (payload) payload['consumed'] = Math.floor(Date.now() / 1000);
      return Promise.resolve();
    },
    destroy: (id) => Promise.resolve(void known.delete(`${kind}:${id}`)),
    revokeByGrantId: (grant) => {
      for (const [key, payload] of known) if (payload.grantId === grant) known.delete(key);
      return Promise.resolve();
    },
  };
}
