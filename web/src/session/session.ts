/** Who is using the page, and the token that proves it. */

/** The person in front of the screen. */
export interface User {
  name: string;
  isAdmin: boolean;
}

/** One way of signing in (demo users or OpenID Connect), seen by the rest of the page. */
export interface Session {
  /** `null` until somebody signed in. */
  user(): User | null;
  /** The bearer token for the next request; throws {@link SignedOut} without one. */
  token(): Promise<string>;
  /** Asked after a 401: gets a fresh token without the user, or answers false. */
  renew(): Promise<boolean>;
  /** Signs in again on a click while the page keeps its state, e.g. in the middle of an upload. */
  signInAgain(): Promise<void>;
  signOut(): Promise<void>;
  /** Goes to sign in, after {@link signOut} at a provider that has no page for it. Undefined: nobody is to be asked. */
  begin?: (() => Promise<void>) | undefined;
}

/** There is no valid token: the user has to sign in. */
export class SignedOut extends Error {
  constructor() {
    super('signed out');
  }
}

type Listener = () => void;
let expired = false;
const listeners = new Set<Listener>();

/** Whether the token was refused and could not be renewed; the page then asks to sign in again. */
export const sessionExpiry = {
  get: () => expired,
  set(value: boolean) {
    if (expired === value) return;
    expired = value;
    listeners.forEach((listener) => listener());
  },
  subscribe(listener: Listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
