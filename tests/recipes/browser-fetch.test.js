import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BYTES, launchBrowser, openPage, servePage } from './browser.js';
import { startStack } from './stack.js';

const MIB = 2 ** 20;
const PAGE = `
  import { connect, Problem } from 'recipes/browser-fetch.js';
  ${BYTES}
  Object.assign(window, { connect, Problem, ready: true });
`;

let stack, site, browser, page;
before(async () => {
  [site, browser] = await Promise.all([servePage(PAGE), launchBrowser()]);
  stack = await startStack({ origins: [site.origin] });
  page = await openPage(browser, site.url);
  await page.evaluate(([api, token]) => (window.filmroom = connect(api, () => token)), [stack.api, stack.token]);
});
after(async () => {
  await browser.close();
  site.close();
  await stack.stop();
});

/** The part numbers that the page sends to the bucket while `during` runs; 0 for a whole file. */
async function sent(during) {
  const numbers = [];
  const listener = (request) => {
    const url = new URL(request.url());
    if (request.method() === 'PUT' && url.origin === stack.bucket) numbers.push(Number(url.searchParams.get('partNumber')));
  };
  page.on('request', listener);
  await during();
  page.off('request', listener);
  return numbers.sort();
}

for (const [name, size, parts] of [['one PUT', MIB, [0]], ['parts', 36 * MIB, [1, 2, 3]]]) {
  test(`a file goes up by ${name} and comes back`, async () => {
    const numbers = await sent(async () => {
      const [before, after, shares] = await page.evaluate(async (size) => {
        const file = new File([bytesOf(size)], '胸部 CT.bin');
        const shares = [];
        const begun = await filmroom.upload(file, { description: 'by fetch' }, { onProgress: (share) => shares.push(share) });
        const record = await filmroom.processed(begun.id);
        const back = await (await filmroom.download(record.id)).arrayBuffer();
        return [await sha256(bytesOf(size)), await sha256(back), shares];
      }, size);
      assert.equal(after, before);
      assert.equal(shares.at(-1), 1);
    });
    assert.deepEqual(numbers, parts);
    assert.deepEqual(page.faults, []);
  });
}

test('an interrupted upload goes on with what is missing', async () => {
  await page.evaluate(async (size) => {
    const stop = new AbortController();
    const file = new File([bytesOf(size)], 'interrupted.bin');
    await filmroom.upload(file, {}, { signal: stop.signal, onProgress: () => stop.abort() }).catch(() => {});
  }, 68 * MIB);
  const { items } = await stack.call('GET', '/image-files/my-images?status=UPLOADING&search=interrupted');
  const { uploaded_chunks: there, total_chunks: total } = await stack.call('GET', `/uploads/${items[0].id}`);
  assert.ok(there.length >= 1 && there.length < total, `${there} of ${total}`);
  const numbers = await sent(() =>
    page.evaluate(([size, id]) => filmroom.sendParts(new Blob([bytesOf(size)]), id), [68 * MIB, items[0].id]),
  );
  assert.deepEqual(numbers.filter((number) => there.includes(number)), []);
  assert.ok(numbers.includes(total));
  assert.equal((await stack.processed(items[0].id)).status, 'PROCESSED');
});

test('what the API refuses is told with its code', async () => {
  const refused = await page.evaluate(async () => {
    const error = await filmroom.upload(new File(['x'], 'a/b.png')).catch((error) => error);
    return [error instanceof Problem, error.code, error.errors];
  });
  assert.deepEqual([refused[0], refused[1], refused[2][0].field], [true, 'invalid', 'filename']);
});
