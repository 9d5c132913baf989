import { UserManager, type User as OidcUser } from 'oidc-client-ts';
import { SignedOut, type Session, type User } from './session';

/** The page the issuer sends the browser back to; the stack serves index.html there. */
export const CALLBACK_PATH = '/auth/callback';

interface Settings {
  authority: string;
  clientId: string;
  scope: string;
}

/** OpenID Connect with the authorization code flow and PKCE (RFC 7636); no secret in the browser. */
export class OidcSession implements Session {
  private constructor(
    private readonly manager: UserManager,
    private current: OidcUser | null,
  ) {
    manager.events.addUserLoaded((user) => void (this.current = user));
    manager.events.addUserUnloaded(() => void (this.current = null));
  }

  /** Finishes a sign-in that is under way, else picks up the session of this tab, else goes to the issuer. */
  static async start(settings: Settings, location: Location = window.location): Promise<OidcSession> {
    const manager = new UserManager({
      authority: settings.authority,
      client_id: settings.clientId,
      scope: settings.scope,
      response_type: 'code',
      redirect_uri: location.origin + CALLBACK_PATH,
      post_logout_redirect_uri: `${location.origin}/`,
      automaticSilentRenew: true,
    });
    if (location.pathname === CALLBACK_PATH) {
      const user = (await manager.signinCallback()) ?? null;
      const back = typeof user?.state === 'string' && user.state.startsWith('/') ? user.state : '/';
      window.history.replaceState(null, '', back);
      return new OidcSession(manager, user);
    }
    const user = await manager.getUser();
    if (!user || user.expired) {
      await manager.signinRedirect({ state: location.pathname + location.search });
    }
    return new OidcSession(manager, user);
  }

  user(): User | null {
    return this.current && userOf(this.current.profile);
  }

  token(): Promise<string> {
    const token = this.current?.access_token;
    return token ? Promise.resolve(token) : Promise.reject(new SignedOut());
  }

  async renew(): Promise<boolean> {
    try {
      this.current = await this.manager.signinSilent();
      return this.current !== null;
    } catch {
      return false;
    }
  }

  /** In a window of its own, so that running uploads and unsaved text survive. */
  async signInAgain(): Promise<void> {
    this.current = await this.manager.signinPopup();
  }

  async signOut(): Promise<void> {
    await this.manager.signoutRedirect();
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
