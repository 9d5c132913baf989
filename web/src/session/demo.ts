import { loadConfig, type DemoUser } from '../config';
import { SignedOut, type Session, type User } from './session';

/** Remembers the choice for this tab only. The name of a demo user is no patient data. */
const CHOSEN = 'filmroom.demo-user';

/** Sign-in of the local stack: pick one of the users that `/config.json` offers. */
export class DemoSession implements Session {
  constructor(
    private users: DemoUser[],
    private readonly storage: Storage = sessionStorage,
    private readonly reload: typeof loadConfig = loadConfig,
  ) {}

  choices(): User[] {
    return this.users.map(({ name, role }) => ({ name, isAdmin: role === 'admin' }));
  }

  choose(name: string): void {
    this.storage.setItem(CHOSEN, name);
  }

  user(): User | null {
    const found = this.current();
    return found ? { name: found.name, isAdmin: found.role === 'admin' } : null;
  }

  token(): Promise<string> {
    const found = this.current();
    return found ? Promise.resolve(found.token) : Promise.reject(new SignedOut());
  }

  /** The stack mints new tokens whenever it is asked for its configuration. */
  async renew(): Promise<boolean> {
    const before = this.current()?.token;
    const { auth } = await this.reload();
    if (auth.mode !== 'demo') return false;
    this.users = auth.users;
    const after = this.current()?.token;
    return after !== undefined && after !== before;
  }

  async signInAgain(): Promise<void> {
    await this.renew();
  }

  signOut(): Promise<void> {
    this.storage.removeItem(CHOSEN);
    return Promise.resolve();
  }

  private current(): DemoUser | undefined {
    const name = this.storage.getItem(CHOSEN);
    return this.users.find((user) => user.name === name);
  }
}
