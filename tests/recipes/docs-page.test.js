import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './browser.js';
import { startStack } from './stack.js';

let stack, browser;
before(async () => ([stack, browser] = await Promise.all([startStack(), launchBrowser()])));
after(async () => {
  await browser.close();
  await stack.stop();
});

test('the page to try the API at comes from this machine alone, and signs in as the first user', async () => {
  const page = await browser.newPage();
  const [faults, elsewhere] = [[], []];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(stack.url)) elsewhere.push(request.url());
  });
  await page.goto(`${stack.url}/docs/`);

  assert.equal(await page.title(), 'Filmroom API');
  // It signs in by itself: the buttons of locked operations say so.
  await page.getByRole('button', { name: 'authorization button locked' }).first().waitFor();

  const operation = page.locator('#operations-Files-stats-summary');
  await operation.locator('.opblock-summary').click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response');
  await answer.waitFor();
  assert.equal((await answer.locator('.response-col_status').innerText()).trim().slice(0, 3), '200');
  assert.match(await answer.innerText(), /"total_files"/);
  assert.deepEqual([faults, elsewhere], [[], []]);
});
