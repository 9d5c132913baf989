import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from './config';

const provider = { mode: 'oidc', authority: 'https://id.example', clientId: 'web', scope: 'openid' };
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
    const read = parseConfig({ apiUrl: 'https://api.example/api/v1', auth }).auth;
    expect(read).toEqual({ ...auth, bearer: 'access', parameters: {} });
    const more = { ...auth, bearer: 'id', parameters: { audience: 'https://api.example' } };
    expect(parseConfig({ apiUrl: '/api/v1', auth: more }).auth).toEqual(more);
  });

  it('reads where OHIF is', () => {
    const read = parseConfig({
      apiUrl: '/api/v1',
      auth: { mode: 'demo', users },
      ohif: 'https://ohif.example/',
    });
    expect(read.ohif).toBe('https://ohif.example');
  });

  it.each([
    ['nothing', null],
    ['no address of OHIF', { apiUrl: '/api/v1', auth: { mode: 'demo', users }, ohif: 'ohif' }],
    ['a script for OHIF', { apiUrl: '/api/v1', auth: { mode: 'demo', users }, ohif: 'javascript:alert(1)' }],
    ['no API', { auth: { mode: 'demo', users } }],
    ['no users', { apiUrl: '/api/v1', auth: { mode: 'demo', users: [] } }],
    ['an unknown mode', { apiUrl: '/api/v1', auth: { mode: 'basic' } }],
    ['another token', { apiUrl: '/api/v1', auth: { ...provider, bearer: 'refresh' } }],
    [
      'a parameter that is no text',
      { apiUrl: '/api/v1', auth: { ...provider, parameters: { audience: 5 } } },
    ],
    ['an issuer without a client', { apiUrl: '/api/v1', auth: { mode: 'oidc', authority: 'x', scope: 'y' } }],
  ])('refuses a configuration with %s', (_, value) => {
    expect(() => parseConfig(value)).toThrow(ConfigError);
  });

  it('refuses the index page that a misconfigured server sends instead', async () => {
    const page = () => Promise.resolve(new Response('<!doctype html>', { status: 200 }));
    await expect(loadConfig(page)).rejects.toThrow(ConfigError);
  });
});
