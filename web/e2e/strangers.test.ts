import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash, createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from './browser';
import { png } from './pictures';
import { Stack } from './stack';

/** A name of somebody else's, which resolves to this machine for the browser: DNS rebinding. */
const REBOUND = 'evil.example';
/** What everybody could read in the source of versions before. */
const KNOWN = { tokens: 'filmroom-development-secret-do-not-deploy', keys: 'local-secret' };

let stack: Stack;
let browser: Browser;
let site: Server;
let page: Page;
/** Where a stranger's page is: another port of this machine, which for a browser is the same site. */
let stranger: string;
/** The original that must survive. */
let file: { id: number };

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    Stack.start(),
    launch([
      `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
      // Chromium keeps pages of the internet from loopback by itself; other browsers do not. Without that, what is left is our own doing.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights',
    ]),
  ]);
  file = await stack.put('original.png', png(1));
  site = createServer((_asked, answer) => {
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>somebody else</title>');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  stranger = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  page = await browser.newPage();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  site?.close();
});

interface Request {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  mode?: 'cors' | 'no-cors';
}

/** What a page's script gets of an answer: status and text, or that the browser kept it from the script. */
function ask(from: Page, request: Request): Promise<string> {
  return from.evaluate(async ({ url, ...init }) => {
    try {
      const answer = await fetch(url, init);
      return answer.type === 'opaque' ? 'opaque' : `${answer.status} ${await answer.text()}`;
    } catch {
      return 'kept from the page';
    }
  }, request);
}

/** A call of the tables as a program would sign it, with a secret that everybody knew. */
function call(operation: string, body: string): Request {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = date.slice(0, 8);
  const target = `DynamoDB_20120810.${operation}`;
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const signed = 'host;x-amz-date;x-amz-target';
  const host = new URL(stack.tables).host;
  const canonical = `POST\n/\n\nhost:${host}\nx-amz-date:${date}\nx-amz-target:${target}\n\n${signed}\n${sha(body)}`;
  const scope = `${day}/us-east-1/dynamodb/aws4_request`;
  const key = [day, 'us-east-1', 'dynamodb', 'aws4_request'].reduce<string | Buffer>(
    mac,
    `AWS4${KNOWN.keys}`,
  );
  const signature = mac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha(canonical)}`).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=operator/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  return {
    url: stack.tables,
    method: 'POST',
    headers: {
      authorization,
      'x-amz-date': date,
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.0',
    },
    body,
  };
}

/** An administrator's token, signed with what everybody knew. */
function forged(): string {
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { user_id: 9, sub: '9', type: 'access', is_superuser: true, iat: now, exp: now + 3600 };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', KNOWN.tokens).update(text).digest('base64url')}`;
}

/** A URL of the bucket, presigned with what everybody knew. */
function presigned(method: string, key: string): string {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const { host, origin } = new URL(stack.bucket);
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `operator/${scope}`,
    'X-Amz-Date': date,
    'X-Amz-Expires': '300',
    'X-Amz-SignedHeaders': 'host',
  }).toString();
  const path = `/filmroom-images/${key}`;
  const canonical = `${method}\n${path}\n${query}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const mac = (secret: string | Buffer, text: string) => createHmac('sha256', secret).update(text).digest();
  const hash = createHash('sha256').update(canonical).digest('hex');
  const signing = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(
    mac,
    `AWS4${KNOWN.keys}`,
  );
  const signature = mac(signing, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`).toString('hex');
  return `${origin}${path}?${query}&X-Amz-Signature=${signature}`;
}

const SCAN = '{"TableName":"filmroom-FilesTable"}';

describe('a page of another origin', () => {
  it('neither reads the tables nor writes to them', async () => {
    await page.goto(stranger);
    expect(await ask(page, call('Scan', SCAN))).toBe('kept from the page');
    const remove = { TableName: 'filmroom-FilesTable', Key: { id: { N: String(file.id) } } };
    expect(await ask(page, call('DeleteItem', JSON.stringify(remove)))).toBe('kept from the page');
    // Without a preflight, as an HTML form would send it.
    const { url, method, body } = call('DeleteItem', JSON.stringify(remove));
    await ask(page, {
      url,
      method: method!,
      body: body!,
      mode: 'no-cors',
      headers: { 'content-type': 'text/plain' },
    });
    const still = await stack.api<{ status: string }>('GET', `/image-files/${file.id}`);
    expect(still.status).toBe('PROCESSED');
  });

  it('neither reads the bucket nor writes to it', async () => {
    await page.goto(stranger);
    const { storage_path: key } = await stack.api<{ storage_path: string }>('GET', `/image-files/${file.id}`);
    expect(await ask(page, { url: presigned('GET', key) })).toMatch(/^403 .*SignatureDoesNotMatch/s);
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const answer = await ask(page, { url: presigned(method, key), method });
      expect(answer, method).toMatch(/^kept from the page$/);
    }
    const { url } = await stack.api<{ url: string }>(
      'GET',
      `/image-files/${file.id}/download`,
      undefined,
      'user',
      { accept: 'application/json' },
    );
    expect((await fetch(url)).status).toBe(200);
  });

  it('gets no answer of the API, and no token', async () => {
    await page.goto(stranger);
    const authorization = `Bearer ${forged()}`;
    const list = `${stack.url}/api/v1/image-files?page=1`;
    expect(await ask(page, { url: list, headers: { authorization } })).toBe('kept from the page');
    expect((await fetch(list, { headers: { authorization } })).status).toBe(401);
    const own = { authorization: `Bearer ${stack.users[0]!.token}` };
    expect(await ask(page, { url: list, headers: own })).toBe('kept from the page');
    const remove = { url: `${stack.url}/api/v1/image-files/${file.id}`, method: 'DELETE', headers: own };
    expect(await ask(page, remove)).toBe('kept from the page');
    expect(await ask(page, { url: `${stack.url}/config.json` })).toBe('kept from the page');
    expect(await ask(page, { url: `${stack.url}/config.json`, mode: 'no-cors' })).toBe('kept from the page');
    const still = await stack.api<{ status: string }>('GET', `/image-files/${file.id}`);
    expect(still.status).toBe('PROCESSED');
  });
});

describe('a name that resolves to this machine', () => {
  it('is refused by every port, whatever is asked', async () => {
    for (const address of [stack.url, stack.bucket, stack.tables]) {
      const rebound = `http://${REBOUND}:${new URL(address).port}`;
      const answer = await page.goto(`${rebound}/config.json`);
      expect(answer?.status(), rebound).toBe(421);
      // Of the same origin for the browser: the page may read every answer, and each of them is the refusal.
      for (const [method, path] of [
        ['GET', '/config.json'],
        ['GET', '/api/v1/openapi.json'],
        ['POST', '/'],
        ['DELETE', `/api/v1/image-files/${file.id}`],
      ] as const) {
        const read = await ask(page, { url: rebound + path, method });
        expect(read, `${method} ${rebound}${path}`).toMatch(/^421 .*ALLOWED_HOSTS/);
      }
    }
  });
});

describe('the own page', () => {
  it('is told what it needs, under each of its names', async () => {
    for (const name of ['127.0.0.1', 'localhost']) {
      const url = stack.url.replace('127.0.0.1', name);
      await page.goto(`${url}/`);
      expect(await ask(page, { url: `${url}/config.json` })).toMatch(/^200 .*"token"/);
      const headers = { authorization: `Bearer ${stack.users[0]!.token}` };
      const list = await ask(page, { url: `${url}/api/v1/image-files/my-images`, headers });
      expect(list).toMatch(/^200 .*original\.png/);
      const { upload } = await stack.api<{ upload: { url: string; headers: Record<string, string> } }>(
        'POST',
        '/uploads',
        { filename: `${name}.bin`, size: 4 },
      );
      const put = await ask(page, { url: upload.url, method: 'PUT', headers: upload.headers, body: 'four' });
      expect(put).toMatch(/^200/);
    }
  });
});
