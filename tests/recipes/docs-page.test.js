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

test('the page to try the API at comes from this machine alone and calls it with a token', async () => {
  const page = await browser.newPage();
  const [faults, elsewhere] = [[], []];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(stack.url)) elsewhere.push(request.url());
  });
  await page.goto(`${stack.url}/docs/`);

  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.modal-ux');
  await dialog.locator('input').fill(stack.token);
  await dialog.getByRole('button', { name: 'Apply credentials' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();

  const operation = page.locator('#operations-Files-stats-summary');
  await operation.locator('.opblock-summary').click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response');
  await answer.waitFor();
  assert.equal((await answer.locator('.response-col_status').innerText()).trim().slice(0, 3), '200');
  assert.match(await answer.innerText(), /"total_files"/);
  assert.deepEqual([faults, elsewhere], [[], []]);
});
