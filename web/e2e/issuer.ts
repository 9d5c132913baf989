import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type ClientMetadata } from 'oidc-provider';

/** The API, as the issuer and the service know it. */
export const AUDIENCE = 'urn:filmroom';
export const CLIENT_ID = 'filmroom-web';
/** What somebody signs in with; the user id of the service is the `sub`. */
export const DOCTOR = { login: '7', name: '李医生' };

/** The page as a provider knows it: a public client, so no secret, PKCE, refresh tokens. */
export function clientOf(page: string): ClientMetadata {
  return {
    client_id: CLIENT_ID,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${page}/auth/callback`],
    post_logout_redirect_uris: [`${page}/`],
  };
}

/** A certified OpenID Connect provider on a loopback port. Anybody may sign in with any password. */
export class Issuer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Listens, so that the address of its keys is known; it has no client yet. */
  static async listen(): Promise<Issuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Issuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  get keys(): string {
    return `${this.url}/jwks`;
  }

  /** Knows the page from now on. */
  serve(page: string): void {
    const provider = new Provider(this.url, {
      clients: [clientOf(page)],
      clientBasedCORS: (_ctx, origin) => origin === page,
      cookies: { keys: ['only for this test'] },
      findAccount: (_ctx, login) => ({ accountId: login, claims: () => ({ sub: login }) }),
      issueRefreshToken: () => true,
      extraTokenClaims: () => ({ name: DOCTOR.name }),
      features: {
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({ scope: '', audience: AUDIENCE, accessTokenFormat: 'jwt' }),
        },
      },
    });
    this.server.on('request', (request, response) => void provider.callback()(request, response));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
