import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../..', import.meta.url).pathname;
/** The program behind `make run`; `make build` makes it. */
export const PROGRAM = process.env.FILMROOM_LOCAL ?? join(ROOT, 'target/debug/filmroom-local');
/** The recipes that are tested here. */
export const RECIPES = join(ROOT, 'docs/recipes');

/** The local stack on free loopback ports, over a folder that is removed when it stops; pages of `origins` may use it, and its own page opens studies in `ohif`. */
export async function startStack({ ohif, origins = [ohif].filter(Boolean) } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'filmroom-recipes-'));
  const log = join(folder, 'stack.log');
  const env = {
    ...process.env,
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    ALLOWED_ORIGINS: origins.join(','),
    ...(ohif && { OHIF_URL: ohif }),
    WEB_DIR: join(ROOT, 'web/dist'),
  };
  const child = spawn(PROGRAM, ['--json'], { env, stdio: ['ignore', 'pipe', openSync(log, 'w')] });
  const { url, api, bucket, users } = await ready(child);
  const token = users[0].token;
  return {
    /** A folder for what a test writes. */
    folder,
    url,
    api,
    bucket,
    token,
    /** Everybody who may sign in, with a token each. */
    users,
    /** Calls the API as the first user; fails on anything but success. */
    async call(method, path, body) {
      const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
      const answer = await fetch(`${api}${path}`, { method, headers, body: body && JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    /** Uploads a small file; gives its record. */
    async upload(filename, bytes) {
      const { file, upload } = await this.call('POST', '/uploads', { filename, size: bytes.length });
      const sent = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: bytes });
      if (!sent.ok) throw new Error(`PUT ${filename}: ${sent.status} ${await sent.text()}`);
      return this.processed(file.id);
    },
    /** Waits until a file is processed; gives its record. */
    async processed(id) {
      for (;;) {
        const file = await this.call('GET', `/image-files/${id}`);
        if (['PROCESSED', 'FAILED'].includes(file.status)) return file;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the program says of itself once requests are accepted: its first line. */
function ready(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the stack ended with ${code}: ${output}`)));
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const [line, rest] = output.split('\n', 2);
      if (rest !== undefined) resolve(JSON.parse(line));
    });
  });
}

/** Runs a program to its end; gives what it wrote. `onLine` sees each line of stdout, and the process. */
export function runProgram(program, args, { env = {}, cwd, onLine = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, rest] = ['', '', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      rest += chunk;
      const lines = rest.split('\n');
      rest = lines.pop();
      for (const line of lines) onLine(line, child);
    });
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
