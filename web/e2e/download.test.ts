import { readFileSync } from 'node:fs';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArchive } from './archive';
import { launch, measured, Window } from './browser';
import { dicom, noise, png } from './pictures';
import { Stack, until } from './stack';

const MIB = 1024 * 1024;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  for (const [id, name] of [
    ['P-1', '张三'],
    ['P-2', '李四'],
  ])
    await stack.api('PUT', `/patients/${id}`, { name });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Chooses everything that the list shows, and asks for it. */
async function downloadAll(page: Page, search: string, count: number): Promise<void> {
  await page.goto(`${stack.url}/statistics`);
  await page.goto(`${stack.url}/images?view=table&page_size=100#search=${encodeURIComponent(search)}`);
  await page.getByText(`共 ${count} 个文件`).waitFor();
  await page.getByRole('checkbox', { name: '选择已显示的全部' }).check();
  await page.getByRole('toolbar').getByRole('button', { name: '下载' }).click();
}

async function archiveOf(download: Download): Promise<Map<string, Buffer>> {
  expect(await download.failure()).toBeNull();
  return readArchive(readFileSync(await download.path()));
}

const panel = (page: Page, state: string) => page.locator(`[data-download=${state}]`);

describe('downloading many files', () => {
  it('saves them as one archive with safe names and a folder for each patient', async () => {
    const sent = new Map<string, Buffer>();
    const put = async (path: string, name: string, bytes: Buffer, more: object) => {
      sent.set(path, bytes);
      await stack.put(name, bytes, more);
    };
    // Newest first: the one that was sent last keeps its name.
    await put('P-1/胸部_合集 (2).png', '胸部?合集.png', png(1), { patient_id: 'P-1' });
    await put('P-1/胸部_合集.png', '胸部?合集.png', png(2), { patient_id: 'P-1' });
    await put('P-2/合集.dcm', '合集.dcm', dicom(3, { patientId: 'P-2' }), { patient_id: 'P-2' });
    await put('未归患者/_con.合集', 'con.合集', Buffer.from('no picture'), {});
    await put('未归患者/合集.bin', '合集.bin', noise(9, 9 * MIB), {});
    const window = await Window.open(browser, stack);
    const { page } = window;
    const [download] = await Promise.all([page.waitForEvent('download'), downloadAll(page, '合集', 5)]);
    expect(download.suggestedFilename()).toBe('影像 5 个文件.zip');
    const found = await archiveOf(download);
    expect([...found.keys()].sort()).toEqual([...sent.keys()].sort());
    for (const [path, bytes] of sent) expect(found.get(path)?.equals(bytes), path).toBe(true);
    await panel(page, 'done').getByText('已保存 5 个文件。').waitFor();
    await window.shot('download-done');
    await page.getByRole('button', { name: '关闭 影像 5 个文件.zip' }).click();
    await panel(page, 'done').waitFor({ state: 'hidden' });
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('saves a single file as it is', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await stack.put('allein.png', png(21));
    const [download] = await Promise.all([page.waitForEvent('download'), downloadAll(page, 'allein', 1)]);
    expect(download.suggestedFilename()).toBe('allein.png');
    await window.close();
  });

  it('shows how far it is on every page, and stops when it is told to', async () => {
    for (const seed of [31, 32, 33]) await stack.put(`gross-${seed}.bin`, noise(seed, 12 * MIB));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await downloadAll(page, 'gross', 3).catch((error: unknown) => {
      throw error;
    });
    const first = await until('the first one is through', async () =>
      (await panel(page, 'done').count()) > 0 ? true : null,
    );
    expect(first).toBe(true);
    const session = await window.context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 5,
      downloadThroughput: 4 * MIB,
      uploadThroughput: -1,
    });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('toolbar').getByRole('button', { name: '下载' }).click(),
    ]);
    const running = panel(page, 'running');
    await running.getByText(/[1-9][\d.]* MB \/ 36\.0 MB/).waitFor();
    await page.getByRole('link', { name: '患者', exact: true }).click();
    await page.getByRole('heading', { name: '患者' }).waitFor();
    await running.waitFor();
    await window.shot('download-running');
    await running.getByRole('button', { name: /取消下载/ }).click();
    await panel(page, 'cancelled').getByText('下载已取消。').waitFor();
    expect(await download.failure()).not.toBeNull();
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('goes on where a line broke, with a URL signed anew', async () => {
    const [one, two] = [noise(41, 6 * MIB), noise(42, 6 * MIB)];
    await stack.put('riss-1.bin', one);
    await stack.put('riss-2.bin', two);
    const window = await Window.open(browser, stack);
    const { page } = window;
    const ranges: (string | undefined)[] = [];
    let broken = 0;
    await page.route(/\/originals\//, async (route) => {
      const { range } = route.request().headers();
      ranges.push(range);
      if (range !== undefined || broken > 0) return route.continue();
      broken += 1;
      // Half of the bytes, as if it was all.
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.body()).subarray(0, 3 * MIB) });
    });
    const [download] = await Promise.all([page.waitForEvent('download'), downloadAll(page, 'riss', 2)]);
    const found = await archiveOf(download);
    expect(found.get('riss-1.bin')?.equals(one)).toBe(true);
    expect(found.get('riss-2.bin')?.equals(two)).toBe(true);
    expect(ranges).toContain(`bytes=${3 * MIB}-`);
    await window.close();
  }, 120_000);

  it('names what cannot be had, and saves the rest', async () => {
    await stack.put('rest-1.png', png(51));
    const gone = await stack.put('rest-2.png', png(52));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await page.route('**/api/v1/image-files/download-urls', async (route) => {
      await stack.api('DELETE', `/image-files/${gone.id}`).catch(() => undefined);
      await route.continue();
    });
    const [download] = await Promise.all([page.waitForEvent('download'), downloadAll(page, 'rest', 2)]);
    const found = await archiveOf(download);
    expect([...found.keys()].sort()).toEqual(['MISSING.txt', 'rest-1.png']);
    expect(found.get('MISSING.txt')?.toString()).toContain('rest-2.png');
    await panel(page, 'done').getByText('1 个文件无法下载').waitFor();
    await window.close();
  });

  it('works where there is no service worker, up to what memory holds', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined });
      delete (Navigator.prototype as { serviceWorker?: unknown }).serviceWorker;
    });
    const [download] = await Promise.all([page.waitForEvent('download'), downloadAll(page, 'gross', 3)]);
    expect((await archiveOf(download)).size).toBe(3);
    await window.close();
  });

  it('holds little of a large archive in memory', async () => {
    for (const seed of [61, 62, 63, 64]) await stack.put(`riese-${seed}.bin`, noise(seed, 15 * MIB));
    const window = await Window.open(browser, stack);
    const { page } = window;
    const begun = Date.now();
    const [download] = await Promise.all([page.waitForEvent('download'), downloadAll(page, 'riese', 4)]);
    expect((await archiveOf(download)).size).toBe(4);
    const session = await window.context.newCDPSession(page);
    await session.send('Performance.enable');
    const { metrics } = await session.send('Performance.getMetrics');
    const used = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? NaN;
    measured('archive of 60 MB', `${Date.now() - begun} ms, JavaScript heap ${(used / 1e6).toFixed(0)} MB`);
    await window.close();
  }, 120_000);
});
