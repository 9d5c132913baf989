import { describe, expect, it } from 'vitest';
import type { AuthConfig } from '../config';
import { DemoSession } from './demo';
import { userOf } from './oidc';
import { SignedOut } from './session';

/** A tab's storage. */
function storage(): Storage {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  } as Storage;
}

const users = (token: string) => [{ name: '王医生', role: 'user' as const, token }];
const configOf = (token: string) => () =>
  Promise.resolve({ apiUrl: '', auth: { mode: 'demo', users: users(token) } satisfies AuthConfig });

describe('DemoSession', () => {
  it('has no token before somebody is chosen', async () => {
    const session = new DemoSession(users('a'), storage(), configOf('a'));
    expect(session.user()).toBeNull();
    await expect(session.token()).rejects.toBeInstanceOf(SignedOut);
  });

  it('keeps the user and takes the new token when it renews', async () => {
    const session = new DemoSession(users('old'), storage(), configOf('new'));
    session.choose('王医生');
    await expect(session.renew()).resolves.toBe(true);
    await expect(session.token()).resolves.toBe('new');
  });

  it('says that renewing did not help when the token stays the same', async () => {
    const session = new DemoSession(users('old'), storage(), configOf('old'));
    session.choose('王医生');
    await expect(session.renew()).resolves.toBe(false);
  });
});

describe('userOf', () => {
  it.each([
    [
      { real_name: '王', name: 'w' },
      { name: '王', isAdmin: false },
    ],
    [
      { username: 'w', is_superuser: true },
      { name: 'w', isAdmin: true },
    ],
    [
      { name: 'w', is_system_admin: true },
      { name: 'w', isAdmin: true },
    ],
    [
      { name: 'w', roles: ['doctor', 'admin'] },
      { name: 'w', isAdmin: true },
    ],
    [
      { name: 'w', is_superuser: 'true', roles: 'admin' },
      { name: 'w', isAdmin: false },
    ],
  ])('reads %j as the service does', (claims, user) => {
    expect(userOf(claims)).toEqual(user);
  });
});
