import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stack, WEB } from './stack';

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack?.stop());

describe('the types of the API', () => {
  it('are those of the running service (else: npm run api)', async () => {
    const env = { ...process.env, FILMROOM_URL: stack.url };
    const check = promisify(execFile)('npm', ['run', '--silent', 'api', '--', '--check'], { cwd: WEB, env });
    await expect(check).resolves.toBeDefined();
  });
});
