import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from './config';

const users = [{ name: '王医生', role: 'user', token: 't' }];

describe('config', () => {
  it('reads the demo users of the local stack', () => {
    expect(parseConfig({ apiUrl: '/api/v1/', auth: { mode: 'demo', users } })).toEqual({
      apiUrl: '/api/v1',
      auth: { mode: 'demo', users },
    });
  });

  it('reads the issuer of the cloud', () => {
    const auth = { mode: 'oidc', authority: 'https://id.example', clientId: 'web', scope: 'openid' };
    expect(parseConfig({ apiUrl: 'https://api.example/api/v1', auth }).auth).toEqual(auth);
  });

  it.each([
    ['nothing', null],
    ['no API', { auth: { mode: 'demo', users } }],
    ['no users', { apiUrl: '/api/v1', auth: { mode: 'demo', users: [] } }],
    ['an unknown mode', { apiUrl: '/api/v1', auth: { mode: 'basic' } }],
    ['an issuer without a client', { apiUrl: '/api/v1', auth: { mode: 'oidc', authority: 'x', scope: 'y' } }],
  ])('refuses a configuration with %s', (_, value) => {
    expect(() => parseConfig(value)).toThrow(ConfigError);
  });

  it('refuses the index page that a misconfigured server sends instead', async () => {
    const page = () => Promise.resolve(new Response('<!doctype html>', { status: 200 }));
    await expect(loadConfig(page)).rejects.toThrow(ConfigError);
  });
});
