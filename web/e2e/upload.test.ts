import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page, Request, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, measured, recordRequests, Window } from './browser';
import { dicom, noise, png } from './pictures';
import { Stack, until } from './stack';

/** How many files the folder has; the full folder of a CT is tried with FOLDER=2000. */
const FOLDER = Number(process.env['FOLDER'] ?? 300);
/** For a debug build on a busy machine: its decoders need up to half a second for each file. */
const PATIENCE = 60_000 + FOLDER * 600;
const MIB = 1024 * 1024;
/** The stack refuses larger files: below the 6 GB of the file that is too large. */
const LIMIT = 5 * 1024 * MIB;

let stack: Stack;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmroom-files-'));
  [stack, browser] = await Promise.all([Stack.start({ MAX_UPLOAD_BYTES: String(LIMIT) }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function uploadPage(options: Parameters<typeof Window.open>[2] = {}): Promise<Window> {
  const window = await Window.open(browser, stack, options);
  await window.go('/upload');
  await window.page.getByText(/拖到这里|Drop files/).waitFor();
  return window;
}

const choose = (page: Page, ...paths: string[]) =>
  page.locator('input[type=file]').first().setInputFiles(paths);
const row = (page: Page, name: string) => page.locator('[data-state]', { hasText: name });

/** Waits until a file is in a state; one that failed instead says why at once. */
async function inState(page: Page, name: string, state: string): Promise<void> {
  const ends = state === 'failed' ? [state] : [state, 'failed'];
  const found = page.locator(ends.map((end) => `[data-state=${end}]`).join(), { hasText: name });
  await found.waitFor({ timeout: 40_000 });
  if ((await found.getAttribute('data-state')) !== state) throw new Error(await found.innerText());
}

/** Makes the line of a window slow, or cuts it, so that something can happen in the middle. */
async function lineOf(
  window: Window,
): Promise<{ slow: (bytesPerSecond: number) => Promise<void>; cut: () => Promise<void> }> {
  const session = await window.context.newCDPSession(window.page);
  await session.send('Network.enable');
  const set = async (offline: boolean, uploadThroughput: number) => {
    const conditions = { offline, latency: 5, downloadThroughput: -1, uploadThroughput };
    await session.send('Network.emulateNetworkConditions', conditions);
  };
  return { slow: (bytesPerSecond) => set(false, bytesPerSecond), cut: () => set(true, 0) };
}

const partOf = (request: Request) => Number(new URL(request.url()).searchParams.get('partNumber'));
const isPart = (request: Request) => request.method() === 'PUT' && partOf(request) > 0;

/** Part numbers that the bucket has acknowledged. */
function acknowledged(page: Page): Set<number> {
  const parts = new Set<number>();
  page.on('response', (response) => {
    if (isPart(response.request()) && response.status() === 200) parts.add(partOf(response.request()));
  });
  return parts;
}

/** What S3 answers to a presigned URL that has expired. */
const EXPIRED = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>900</X-Amz-Expires></Error>`;
const refuseAsExpired = (route: Route) =>
  route.fulfill({
    status: 403,
    contentType: 'application/xml',
    headers: { 'access-control-allow-origin': stack.url },
    body: EXPIRED,
  });

/** What the page remembers of unfinished uploads. */
function journal(page: Page): Promise<unknown[]> {
  return page.evaluate(
    () =>
      new Promise<unknown[]>((resolve, reject) => {
        const opening = indexedDB.open('filmroom-uploads');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction('unfinished').objectStore('unfinished').getAll();
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result);
          };
        };
      }),
  );
}

/** Lets go of files and folders over the page, as a file manager does. */
async function drop(window: Window, ...files: string[]): Promise<void> {
  const session = await window.context.newCDPSession(window.page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
  }
}

/** What the page's JavaScript holds, in megabytes. */
async function heapOf({ context, page }: Window): Promise<string> {
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const used = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? NaN;
  return (used / 1e6).toFixed(0);
}

async function storedHash(name: string): Promise<string> {
  return until(`${name} is processed`, async () => {
    const page = await stack.api<{ items: { file_hash: string | null; original_filename: string }[] }>(
      'GET',
      `/image-files/my-images?search=${encodeURIComponent(name)}`,
    );
    return page.items.find(({ original_filename }) => original_filename === name)?.file_hash ?? null;
  });
}

describe('uploading', () => {
  it(
    `takes a folder of ${FOLDER} DICOM files and leaves out what the system put there`,
    async () => {
      const study = join(folder, 'study');
      mkdirSync(join(study, 'series'), { recursive: true });
      for (let index = 0; index < FOLDER; index++) {
        writeFileSync(join(study, index % 2 ? 'series' : '', `slice-${index}.dcm`), dicom(10_000 + index));
      }
      writeFileSync(join(study, '.DS_Store'), 'x');
      const window = await uploadPage();
      await window.page.locator('input[type=file]').nth(1).setInputFiles(study);
      const result = window.page.getByText(/全部完成：|没有成功/);
      const begun = Date.now();
      await result.waitFor({ timeout: PATIENCE });
      const seconds = ((Date.now() - begun) / 1000).toFixed(0);
      measured(`folder of ${FOLDER} files`, `${seconds} s, JavaScript heap ${await heapOf(window)} MB`);
      expect(await result.innerText()).toBe(`全部完成：新增 ${FOLDER} 个，已有 0 个`);
      await window.shot('upload-folder');
      await until(
        'all are processed',
        async () => {
          const summary = await stack.api<{ total_files: number; by_status: Record<string, number> }>(
            'GET',
            '/image-files/stats/summary',
          );
          return summary.total_files === FOLDER && (summary.by_status['PROCESSED'] ?? 0) === FOLDER
            ? true
            : null;
        },
        120_000,
      );
      expect(window.faults).toEqual([]);
      await window.close();
    },
    2 * PATIENCE,
  );

  it('takes a folder that is dropped on any page, with all that is in it', async () => {
    const dropped = join(folder, 'dropped');
    mkdirSync(join(dropped, '第二个序列'), { recursive: true });
    // A directory hands out a hundred entries at a time.
    const count = 120;
    for (let index = 0; index < count; index++) {
      writeFileSync(join(dropped, index % 10 ? '' : '第二个序列', `${index}.png`), png(20_000 + index, 8));
    }
    const window = await Window.open(browser, stack);
    await window.go('/statistics');
    await window.page.getByRole('heading', { name: '统计' }).waitFor();
    await drop(window, dropped, file('beside.png', png(30_000, 8)));
    await window.page.waitForURL(/\/upload$/);
    const result = window.page.getByText(/全部完成：|没有成功/);
    await result.waitFor({ timeout: 60_000 });
    expect(await result.innerText()).toBe(`全部完成：新增 ${count + 1} 个，已有 0 个`);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('goes on after a reload in the middle of a large file, without sending a finished part again', async () => {
    const bytes = noise(1, 136 * MIB);
    const path = file('large.dcm', bytes);
    const window = await uploadPage();
    await (await lineOf(window)).slow(32 * MIB);
    const before = acknowledged(window.page);
    await choose(window.page, path);
    await until('some parts have arrived', async () => (before.size >= 2 ? true : null));
    await window.shot('upload-running');
    const remembered = await journal(window.page);
    expect(remembered).toHaveLength(1);
    expect(JSON.stringify(remembered)).not.toContain('large');
    window.page.on('dialog', (dialog) => void dialog.accept());
    const finished = new Set(before);
    await window.page.reload();
    await window.page.getByText('有 1 个文件没有传完').waitFor();
    await window.shot('upload-unfinished');

    const again = recordRequests(window.page, isPart);
    await choose(window.page, path);
    await inState(window.page, 'large.dcm', 'done');
    const repeated = again.map(partOf).filter((part) => finished.has(part));
    expect(repeated).toEqual([]);
    expect(again.length).toBeGreaterThan(0);
    expect(await journal(window.page)).toEqual([]);
    expect(await storedHash('large.dcm')).toBe(createHash('md5').update(bytes).digest('hex'));
    await window.close();
  }, 120_000);

  it('waits while the network is gone and goes on by itself', async () => {
    const bytes = noise(2, 136 * MIB);
    const window = await uploadPage();
    const line = await lineOf(window);
    await line.slow(32 * MIB);
    const sent = acknowledged(window.page);
    await choose(window.page, file('cut.dcm', bytes));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    await line.cut();
    await inState(window.page, 'cut.dcm', 'offline');
    await window.shot('upload-offline');
    await line.slow(64 * MIB);
    await inState(window.page, 'cut.dcm', 'done');
    expect(await storedHash('cut.dcm')).toBe(createHash('md5').update(bytes).digest('hex'));
    await window.close();
  }, 120_000);

  it('signs anew when a URL has expired, and sends no finished part again', async () => {
    const bytes = noise(4, 72 * MIB);
    const window = await uploadPage();
    const { page } = window;
    const refused = new Set<number>();
    await page.route(/[?&]partNumber=/, (route) => {
      const part = partOf(route.request());
      if (part % 2 === 0 || refused.has(part)) return route.continue();
      refused.add(part);
      return refuseAsExpired(route);
    });
    const stored: number[] = [];
    page.on('response', (response) => {
      if (isPart(response.request()) && response.ok()) stored.push(partOf(response.request()));
    });
    await choose(page, file('expired.dcm', bytes));
    await inState(page, 'expired.dcm', 'done');
    expect(refused.size).toBeGreaterThan(1);
    expect([...stored].sort()).toEqual([...new Set(stored)].sort());
    expect(await storedHash('expired.dcm')).toBe(createHash('md5').update(bytes).digest('hex'));

    let once = true;
    await page.route(/\/originals\//, (route) => {
      if (!once || route.request().method() !== 'PUT') return route.fallback();
      once = false;
      return refuseAsExpired(route);
    });
    await choose(page, file('expired.png', png(43)));
    await inState(page, 'expired.png', 'done');
    expect(once).toBe(false);
    await window.close();
  }, 120_000);

  it('survives sleep: frozen in the middle, without a network and with stale URLs when it wakes', async () => {
    const bytes = noise(5, 136 * MIB);
    const window = await uploadPage();
    const { page } = window;
    const line = await lineOf(window);
    await line.slow(32 * MIB);
    const finished = acknowledged(page);
    let stale = 0;
    await page.route(/[?&]partNumber=/, (route) => (stale-- > 0 ? refuseAsExpired(route) : route.continue()));
    await choose(page, file('sleep.dcm', bytes));
    await until('a part has arrived', async () => (finished.size >= 1 ? true : null));

    const session = await window.context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await line.cut();
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await inState(page, 'sleep.dcm', 'offline');
    const before = new Set(finished);
    const again = recordRequests(page, isPart);
    stale = 4;
    await line.slow(64 * MIB);
    await inState(page, 'sleep.dcm', 'done');
    expect(stale).toBeLessThanOrEqual(0);
    expect(again.map(partOf).filter((part) => before.has(part))).toEqual([]);
    expect(await storedHash('sleep.dcm')).toBe(createHash('md5').update(bytes).digest('hex'));
    await window.close();
  }, 120_000);

  it('asks before signing out of a running upload, and then leaves nothing on the computer', async () => {
    const window = await uploadPage({ language: 'en' });
    const { page } = window;
    await (await lineOf(window)).slow(32 * MIB);
    const sent = acknowledged(page);
    await choose(page, file('leaving.dcm', noise(6, 136 * MIB)));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    expect(await journal(page)).toHaveLength(1);
    await page.getByRole('button', { name: /Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByText('1 file is still uploading').waitFor();
    await page.getByRole('button', { name: 'Sign out anyway' }).click();
    await page.getByText('Sign in to Filmroom').waitFor();
    expect(await journal(page)).toEqual([]);
    await window.close();
  }, 120_000);

  it('pauses, resumes and cancels', async () => {
    const window = await uploadPage();
    await (await lineOf(window)).slow(32 * MIB);
    const { page } = window;
    const sent = acknowledged(page);
    await choose(page, file('pause.dcm', noise(3, 136 * MIB)));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    await page.getByRole('button', { name: '暂停 pause.dcm' }).click();
    await inState(page, 'pause.dcm', 'paused');
    await page.getByRole('button', { name: '继续 pause.dcm' }).click();
    await inState(page, 'pause.dcm', 'uploading');
    await page.getByRole('button', { name: '取消 pause.dcm' }).click();
    await inState(page, 'pause.dcm', 'cancelled');
    await until('nothing is left on the server', async () => {
      const list = await stack.api<{ items: unknown[] }>('GET', '/image-files/my-images?search=pause.dcm');
      return list.items.length === 0 ? true : null;
    });
    await window.close();
  }, 120_000);

  it('recognises a file that is there already and sends nothing', async () => {
    const window = await uploadPage();
    const path = file('twice.png', png(77));
    await choose(window.page, path);
    await inState(window.page, 'twice.png', 'done');
    await window.page.getByRole('button', { name: '清除已完成' }).click();
    const puts = recordRequests(window.page, (request) => request.method() === 'PUT');
    await choose(window.page, path);
    await inState(window.page, 'twice.png', 'duplicate');
    expect(puts).toEqual([]);
    await window.close();
  });

  it('says what is wrong with bad files and uploads the good ones', async () => {
    const window = await uploadPage();
    const { page } = window;
    const huge = file('huge.dcm', Buffer.alloc(0));
    truncateSync(huge, 6 * 1024 ** 3);
    const strange = '<script>alert(1)<b>😀 胸.png';
    await choose(
      page,
      file('empty.dcm', Buffer.alloc(0)),
      huge,
      file(strange, png(5)),
      file('lying.png', dicom(900)),
      file('text.jpg', Buffer.from('this is no picture')),
    );
    await inState(page, 'empty.dcm', 'failed');
    expect(await row(page, 'empty.dcm').innerText()).toContain('文件是空的');
    await inState(page, strange, 'done');
    await inState(page, 'lying.png', 'done');
    await inState(page, 'text.jpg', 'done');
    await inState(page, 'huge.dcm', 'failed');
    expect(await row(page, 'huge.dcm').innerText()).toContain('文件超过了大小限制');
    await window.shot('upload-bad-files');

    await page.getByRole('link', { name: `查看 ${strange}` }).click();
    await page.getByRole('heading', { name: strange }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: '查看 lying.png' }).click();
    await page.getByText('文件的实际类型与声明的不同').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: '查看 text.jpg' }).click();
    await page.getByText('这个文件没有处理成功').waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('survives an error of the server and an expired session in the middle', async () => {
    const window = await uploadPage({ language: 'en' });
    const { page } = window;
    const answers = [500, 503];
    await page.route('**/api/v1/uploads/batch', async (route) => {
      const status = answers.shift();
      if (status === undefined) return route.continue();
      await route.fulfill({
        status,
        contentType: 'application/problem+json',
        body: '{"code":"unavailable"}',
      });
    });
    await choose(page, file('patient.png', png(41)));
    await inState(page, 'patient.png', 'done');
    expect(answers).toEqual([]);

    await page.route('**/api/v1/**', (route) =>
      route.fulfill({
        status: 401,
        contentType: 'application/problem+json',
        body: '{"code":"unauthenticated"}',
      }),
    );
    await choose(page, file('expired.png', png(42)));
    await page.getByText('Your session has expired').first().waitFor();
    await inState(page, 'expired.png', 'paused');
    await page.unroute('**/api/v1/**');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await inState(page, 'expired.png', 'done');
    await window.close();
  });

  it('puts files under a patient who is created on the way', async () => {
    const window = await uploadPage({ language: 'en' });
    const { page } = window;
    await page.getByRole('button', { name: 'New patient' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Patient ID').fill('P-900');
    await form.getByLabel('Name').fill('李雷');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/#patient_id=P-900/);
    await choose(page, file('belongs.dcm', dicom(901, { patientId: 'P-900' })));
    await inState(page, 'belongs.dcm', 'done');
    const list = await until('it is listed', async () => {
      const found = await stack.api<{ items: unknown[] }>('GET', '/image-files/patient/P-900');
      return found.items.length > 0 ? found : null;
    });
    expect(list.items).toMatchObject([{ original_filename: 'belongs.dcm', patient_id: 'P-900' }]);
    await page.goto(`${stack.url}/patients/record#patient_id=P-900`);
    await page.getByRole('heading', { name: '李雷' }).waitFor();
    await window.close();
  });
});
