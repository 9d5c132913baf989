import { build } from 'esbuild';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const MODULES = new URL('node_modules', import.meta.url).pathname;

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

/** A page whose script is the module `source`, at an origin of its own: neither the API's nor the bucket's. */
export async function servePage(source) {
  const bundle = await build({
    stdin: { contents: source, resolveDir: MODULES },
    alias: { recipes: join(MODULES, '../../../docs/recipes') },
    nodePaths: [MODULES],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const files = {
    '/': ['text/html', '<!doctype html><title>recipe</title><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', bundle.outputFiles[0].text],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ['text/plain', ''];
    response.writeHead(body ? 200 : 404, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, url: `${origin}/`, close: () => server.close() };
}

/** Opens `url` and waits until its module has run; what goes wrong in the page fails the test that closes it. */
export async function openPage(browser, url) {
  const page = await browser.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.stack ?? error.message));
  await page.goto(url);
  await page.waitForFunction(() => window.ready);
  return page;
}

/** For the page: bytes that look random and are the same each time, and their SHA-256. */
export const BYTES = `
  window.bytesOf = (size) => {
    const words = new Uint32Array(size / 4);
    for (let i = 0, x = size; i < words.length; i += 1) words[i] = x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return new Uint8Array(words.buffer);
  };
  window.sha256 = async (data) =>
    Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', data)), (byte) => byte.toString(16)).join();
`;
