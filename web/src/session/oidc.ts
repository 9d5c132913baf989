import { UserManager, type User as OidcUser } from 'oidc-client-ts';
import type { OidcConfig } from '../config';
import { SignedOut, type Session, type User } from './session';

/** The page the issuer sends the browser back to; the stack serves index.html there. */
export const CALLBACK_PATH = '/auth/callback';
/** Where the user wanted to go. In this tab only, and only until they are back: the part behind the # may name a patient. */
const RETURN_TO = 'filmroom.return-to';

/** Set while somebody who signed out has not asked to sign in again. */
const SIGNED_OUT = 'filmroom.signed-out';

/** OpenID Connect with the authorization code flow and PKCE (RFC 7636); no secret in the browser. */
export class OidcSession implements Session {
  private constructor(
    private readonly manager: UserManager,
    private readonly settings: OidcConfig,
    private current: OidcUser | null,
  ) {}

  /** Finishes a sign-in that is under way, else picks up the session of this tab, else goes to the issuer. */
  static async start(settings: OidcConfig): Promise<OidcSession> {
    const { origin, pathname, search, hash } = window.location;
    const manager = new UserManager({
      authority: settings.authority,
      client_id: settings.clientId,
      scope: settings.scope,
      response_type: 'code',
      redirect_uri: origin + CALLBACK_PATH,
      post_logout_redirect_uri: `${origin}/`,
      extraQueryParams: settings.parameters,
      // A refused token is renewed when it is refused; before that nothing has to know its age.
      automaticSilentRenew: false,
    });
    if (pathname === CALLBACK_PATH) return new OidcSession(manager, settings, await finishSignIn(manager));
    const user = await manager.getUser();
    if (!user && sessionStorage.getItem(SIGNED_OUT)) return new OidcSession(manager, settings, null);
    if (!user || (user.expired && !user.refresh_token)) {
      sessionStorage.setItem(RETURN_TO, pathname + search + hash);
      await manager.signinRedirect();
    }
    return new OidcSession(manager, settings, user);
  }

  user(): User | null {
    return this.current && userOf({ ...this.current.profile, ...claimsOf(this.bearer() ?? '') });
  }

  token(): Promise<string> {
    const token = this.bearer();
    return token ? Promise.resolve(token) : Promise.reject(new SignedOut());
  }

  private bearer(): string | undefined {
    return this.settings.bearer === 'id' ? this.current?.id_token : this.current?.access_token;
  }

  /** By refresh token only: the other way, a hidden frame, needs cookies that browsers no longer send to another site. */
  async renew(): Promise<boolean> {
    if (!this.current?.refresh_token) return false;
    const renewed = await this.manager.signinSilent().catch(() => null);
    this.current = renewed ?? this.current;
    return renewed !== null;
  }

  /** In a window of its own, so that running uploads and unsaved text survive. */
  async signInAgain(): Promise<void> {
    this.current = await this.manager.signinPopup();
  }

  /**
   * At the provider as well, if it says where. Cognito wants the same two things under names of its own
   * (https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html); others ignore them.
   */
  async signOut(): Promise<void> {
    const { client_id, post_logout_redirect_uri } = this.manager.settings;
    if (await this.manager.metadataService.getEndSessionEndpoint()) {
      const extraQueryParams = { client_id, logout_uri: post_logout_redirect_uri ?? '' };
      await this.manager.signoutRedirect({ extraQueryParams });
      return;
    }
    await this.manager.removeUser();
    this.current = null;
    // Otherwise the provider, which still knows them, would sign them in again at once.
    sessionStorage.setItem(SIGNED_OUT, 'yes');
  }

  get begin(): (() => Promise<void>) | undefined {
    if (!sessionStorage.getItem(SIGNED_OUT)) return undefined;
    return async () => {
      sessionStorage.removeItem(SIGNED_OUT);
      // Somebody else may sit here now.
      await this.manager.signinRedirect({ prompt: 'login' });
    };
  }
}

/** Null in the window of {@link OidcSession.signInAgain}, which closes itself. */
async function finishSignIn(manager: UserManager): Promise<OidcUser | null> {
  const back = sessionStorage.getItem(RETURN_TO) ?? '/';
  try {
    return (await manager.signinCallback()) ?? null;
  } finally {
    sessionStorage.removeItem(RETURN_TO);
    // Also after a failure: reloading then begins anew instead of failing again.
    window.history.replaceState(null, '', back);
  }
}

/** What the service will read: it takes the token for a JWT (RFC 9068), so the page may as well. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The claims the service itself reads (contract.md, "Who may do what"). The page only uses them to show or hide. */
export function userOf(claims: Record<string, unknown>): User {
  const names = ['real_name', 'name', 'username'].map((key) => claims[key]);
  const name = names.find((value): value is string => typeof value === 'string' && value !== '') ?? '';
  const roles = claims['roles'];
  const isAdmin =
    claims['is_superuser'] === true ||
    claims['is_system_admin'] === true ||
    (Array.isArray(roles) && roles.includes('admin'));
  return { name, isAdmin };
}
