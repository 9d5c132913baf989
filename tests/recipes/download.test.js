// Who follows the redirect of a download with the token still attached? S3 refuses a request with two kinds of authorization.
import assert from 'node:assert/strict';
import axios from 'axios';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, openPage, servePage } from './browser.js';
import { runProgram, startStack } from './stack.js';

const PYTHON = process.env.RECIPES_PYTHON ?? 'python3';
const BYTES = Buffer.from('not an image, but the very bytes that were stored');
const PAGE = `
  import axios from 'axios';
  const text = (buffer) => new TextDecoder().decode(buffer);
  window.byFetch = async (url, headers) => (await fetch(url, { headers })).text();
  window.byAxios = async (url, headers) => text((await axios.get(url, { headers, responseType: 'arraybuffer' })).data);
  window.ready = true;
`;

let stack, site, url, headers;
before(async () => {
  site = await servePage(PAGE);
  stack = await startStack({ origins: [site.origin] });
  const { id } = await stack.upload('bytes.bin', BYTES);
  url = `${stack.api}/image-files/${id}/download`;
  headers = { Authorization: `Bearer ${stack.token}` };
});
after(async () => {
  site.close();
  await stack.stop();
});

const curl = async (...args) => (await runProgram('curl', ['-sS', '-H', `Authorization: ${headers.Authorization}`, ...args])).stdout;

/** What a line of Python prints that has `url` and `headers`. */
async function python(program, line) {
  const given = `url, headers = ${JSON.stringify(url)}, ${JSON.stringify(headers)}`;
  const ran = await runProgram(program, ['-c', `${given}\n${line}`]);
  return ran.stdout + ran.stderr;
}

test('fetch and axios get the bytes in a browser, from a page of another origin', async () => {
  const browser = await launchBrowser();
  try {
    const page = await openPage(browser, site.url);
    const sent = [];
    page.on('request', (request) => request.url().startsWith(stack.bucket) && sent.push(request.allHeaders()));
    for (const client of ['byFetch', 'byAxios']) {
      const got = await page.evaluate(([client, url, headers]) => window[client](url, headers), [client, url, headers]);
      assert.equal(got, BYTES.toString(), client);
    }
    for (const { origin, authorization } of await Promise.all(sent)) {
      assert.deepEqual([origin, authorization], ['null', undefined], 'the browser drops the token, and the origin too');
    }
    assert.equal(sent.length, 2);
  } finally {
    await browser.close();
  }
});

test('axios gets the bytes in Node, with the headers it sends by itself', async () => {
  const got = await axios.get(url, { headers, responseType: 'arraybuffer' });
  assert.deepEqual(Buffer.from(got.data), BYTES);
});

test('curl -L gets the bytes', async () => {
  assert.equal(await curl('-L', url), BYTES.toString());
});

test('requests gets the bytes in Python', async () => {
  const got = await python(PYTHON, 'import requests; print(requests.get(url, headers=headers).text, end="")');
  assert.equal(got, BYTES.toString());
});

test('clients that keep the token are refused by the bucket, and get the bytes by way of JSON', async () => {
  const target = join(stack.folder, 'refused');
  assert.equal(await curl('--location-trusted', '-o', target, '-w', '%{http_code}', url), '400');
  assert.match(readFileSync(target, 'utf8'), /<Code>InvalidArgument<\/Code>|<Code>InvalidRequest<\/Code>/);
  const urllib = 'import urllib.request as r; r.urlopen(r.Request(url, headers=headers))';
  assert.match(await python('python3', urllib), /HTTP Error 400/);
  const { url: direct } = JSON.parse(await curl('-H', 'Accept: application/json', url));
  assert.equal((await runProgram('curl', ['-sS', direct])).stdout, BYTES.toString());
});
