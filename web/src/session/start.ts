import type { AuthConfig } from '../config';
import { DemoSession } from './demo';
import type { Session } from './session';

/** The sign-in of this installation. The OpenID Connect library loads only where it is used. */
export async function startSession(auth: AuthConfig): Promise<Session> {
  if (auth.mode === 'demo') return new DemoSession(auth.users);
  const { OidcSession } = await import('./oidc');
  return OidcSession.start(auth);
}
