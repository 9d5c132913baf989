import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BYTES, launchBrowser, openPage, servePage } from './browser.js';
import { startStack } from './stack.js';

const MIB = 2 ** 20;
const PAGE = `
  import { filmroomUppy } from 'recipes/browser-uppy.js';
  ${BYTES}
  Object.assign(window, { filmroomUppy, ready: true });
`;

let stack, site, browser, page;
before(async () => {
  [site, browser] = await Promise.all([servePage(PAGE), launchBrowser()]);
  stack = await startStack({ origins: [site.origin] });
  page = await openPage(browser, site.url);
});
after(async () => {
  await browser.close();
  site.close();
  await stack.stop();
});

test('Uppy uploads small and large files, with the fields of the record', async () => {
  await stack.call('PUT', '/patients/P-1', { name: '张三' });
  const sizes = { 'small.bin': MIB, 'large.bin': 36 * MIB, '胸部 CT.bin': 20 * MIB };
  const result = await page.evaluate(
    async ([api, token, sizes]) => {
      const uppy = filmroomUppy(api, () => token);
      for (const [name, size] of Object.entries(sizes)) {
        uppy.addFile({ name, data: new Blob([bytesOf(size)]), meta: { fields: { patient_id: 'P-1' } } });
      }
      const { successful, failed } = await uppy.upload();
      const digests = {};
      for (const [name, size] of Object.entries(sizes)) digests[name] = await sha256(bytesOf(size));
      return { ids: successful.map(({ meta }) => meta.id), failed: failed.map(({ error }) => error), digests };
    },
    [stack.api, stack.token, sizes],
  );
  assert.deepEqual(result.failed, []);
  assert.equal(result.ids.length, 3);
  for (const id of result.ids) {
    const file = await stack.processed(id);
    assert.equal(file.status, 'PROCESSED', JSON.stringify(file));
    assert.deepEqual([file.file_size, file.patient_id], [sizes[file.original_filename], 'P-1']);
    const { url } = await stack.call('GET', `/image-files/${id}/download`);
    const digest = await page.evaluate(async (url) => sha256(await (await fetch(url)).arrayBuffer()), url);
    assert.equal(digest, result.digests[file.original_filename]);
  }
  assert.deepEqual(page.faults, []);
});

test('an upload that is paused goes on with what is missing', async () => {
  const size = 52 * MIB;
  const parts = [];
  page.on('request', (request) => {
    const number = new URL(request.url()).searchParams.get('partNumber');
    if (request.method() === 'PUT' && number) parts.push(Number(number));
  });
  const id = await page.evaluate(
    async ([api, token, size]) => {
      const uppy = filmroomUppy(api, () => token);
      const file = uppy.addFile({ name: 'paused.bin', data: new Blob([bytesOf(size)]) });
      let pauses = 0;
      uppy.on('s3-multipart:part-uploaded', () => {
        if ((pauses += 1) === 2) {
          uppy.pauseAll();
          uppy.resumeAll();
        }
      });
      const { successful } = await uppy.upload();
      return successful[0]?.meta.id;
    },
    [stack.api, stack.token, size],
  );
  const file = await stack.processed(id);
  assert.deepEqual([file.status, file.file_size, file.total_chunks], ['PROCESSED', size, 4]);
  assert.deepEqual(parts.filter((number) => number < 3), [1, 2], 'what was there was not sent again');
});

test('what the API refuses is shown with the file', async () => {
  const failed = await page.evaluate(
    async ([api, token]) => {
      const uppy = filmroomUppy(api, () => token);
      uppy.addFile({ name: 'a.bin', data: new Blob(['x']), meta: { fields: { patient_id: 'nobody' } } });
      const outcome = await uppy.upload().catch((error) => ({ thrown: error.message }));
      return outcome?.thrown ?? outcome?.failed?.[0]?.error;
    },
    [stack.api, stack.token],
  );
  assert.match(failed, /patient_id/);
});
