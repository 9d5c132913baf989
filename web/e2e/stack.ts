import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const WEB = new URL('..', import.meta.url).pathname;
/** The program behind `make run`; built by the caller (`make build`). */
const PROGRAM = process.env['FILMROOM_LOCAL'] ?? join(WEB, '../target/debug/filmroom-local');

/** Screenshots and the log of the stack, for who has to find out what happened. */
export const ARTEFACTS = join(WEB, 'e2e/artefacts');
mkdirSync(ARTEFACTS, { recursive: true });

interface DemoUser {
  name: string;
  role: string;
  token: string;
}

/** The real local stack on ports and a data folder of its own. */
export class Stack {
  private constructor(
    private readonly process: ChildProcess,
    private readonly data: string,
    readonly url: string,
    readonly bucket: string,
    readonly tables: string,
    readonly users: DemoUser[],
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Stack> {
    const data = mkdtempSync(join(tmpdir(), 'filmroom-e2e-'));
    const env = { ...process.env, PORT: '0', DATA_DIR: data, WEB_DIR: join(WEB, 'dist'), ...settings };
    const child = spawn(PROGRAM, ['--json'], {
      env,
      stdio: ['ignore', 'pipe', openSync(join(ARTEFACTS, 'stack.log'), 'a')],
    });
    const { url, bucket, tables, users } = await ready(child);
    return new Stack(child, data, url, bucket, tables, users);
  }

  nameOf(role: string): string {
    return this.user(({ role: own }) => own === role).name;
  }

  private user(matches: (user: DemoUser) => boolean): DemoUser {
    const found = this.users.find(matches);
    if (!found) throw new Error('there is no such demo user');
    return found;
  }

  /** Calls the API as the page would, to prepare and to check. */
  async api<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    role = 'user',
    more: Record<string, string> = {},
  ): Promise<T> {
    const headers: Record<string, string> = {
      ...more,
      authorization: `Bearer ${this.user((user) => user.role === role).token}`,
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
    const response = await fetch(`${this.url}/api/v1${path}`, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Uploads a file without the page and waits until it has been processed. */
  async put(
    filename: string,
    bytes: Uint8Array,
    more: object = {},
    role = 'user',
  ): Promise<Record<string, unknown> & { id: number }> {
    const created = await this.api<{
      file: { id: number };
      upload: { url: string; headers: Record<string, string> };
    }>('POST', '/uploads', { filename, size: bytes.length, ...more }, role);
    const { url, headers } = created.upload;
    const sent = await fetch(url, { method: 'PUT', headers, body: bytes as BodyInit });
    if (!sent.ok) throw new Error(`PUT ${filename}: ${sent.status} ${await sent.text()}`);
    return until(
      `${filename} is processed`,
      async () => {
        const file = await this.api<Record<string, unknown> & { id: number }>(
          'GET',
          `/image-files/${created.file.id}`,
          undefined,
          role,
        );
        return file['status'] === 'PROCESSED' || file['status'] === 'FAILED' ? file : null;
      },
      150_000,
    );
  }

  /** Uploads the files 1 to `count` of one study, some at a time, and waits until the worklist has all of them. */
  async putStudy(
    count: number,
    atOnce: number,
    fileOf: (number: number) => [string, Uint8Array],
  ): Promise<void> {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const sender = async () => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop())
        await this.put(...fileOf(number));
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    await this.counts(count);
  }

  /** Waits until the worklist has so many files of the newest study: its row follows them. */
  async counts(files: number): Promise<void> {
    await until('the study is counted', async () => {
      const { items } = await this.api<{ items: { file_count: number }[] }>('GET', '/studies');
      return items[0]?.file_count === files ? true : null;
    });
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const gone = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGTERM');
      await gone;
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** What the program says of itself once requests are accepted: its first line. */
interface Ready {
  url: string;
  bucket: string;
  tables: string;
  users: DemoUser[];
}

function ready(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the stack ended with ${code}\n${output}`)));
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => {
      output += chunk;
      const [line = '', rest] = output.split('\n', 2);
      if (rest !== undefined) resolve(JSON.parse(line) as Ready);
    });
  });
}

/** Repeats a question until it has an answer. */
export async function until<T>(what: string, ask: () => Promise<T | null>, timeout = 30_000): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
