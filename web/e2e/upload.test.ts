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

/** The patients of the files with such a name, sorted; null for none. */
async function patientsOf(name: string): Promise<(string | null)[]> {
  const { items } = await stack.api<{ items: { patient_id: string | null }[] }>(
    'GET',
    `/image-files/my-images?page_size=100&search=${encodeURIComponent(name)}`,
  );
  return items.map(({ patient_id }) => patient_id).sort();
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
      const result = window.page.getByText(/全部完成：/);
      const begun = Date.now();
      await result.waitFor({ timeout: PATIENCE });
      const seconds = ((Date.now() - begun) / 1000).toFixed(0);
      measured(`folder of ${FOLDER} files`, `${seconds} s, JavaScript heap ${await heapOf(window)} MB`);
      expect(await result.innerText()).toBe(`全部完成：就绪 ${FOLDER} 个，已有 0 个`);
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
    const result = window.page.getByText(/全部完成：/);
    await result.waitFor({ timeout: 60_000 });
    expect(await result.innerText()).toBe(`全部完成：就绪 ${count + 1} 个，已有 0 个`);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('goes on after a reload in the middle of a large file, without sending a finished part again', async () => {
    const bytes = noise(1, 136 * MIB);
    const path = file('large.bin', bytes);
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
    const waiting = window.page.getByRole('list', { name: '没有传完的文件' });
    await waiting.getByText('large.bin', { exact: true }).waitFor();
    await window.shot('upload-unfinished');
    const navigation = window.page.getByRole('navigation');
    expect(await navigation.getByRole('link', { name: /^上传/ }).innerText()).toMatch(/^上传\s+1$/);
    await navigation.getByRole('link', { name: '统计' }).click();
    await window.page.getByRole('heading', { name: '统计' }).waitFor();
    await navigation.getByTitle('有 1 个文件没有传完').click();
    await waiting.waitFor();

    const again = recordRequests(window.page, isPart);
    await choose(window.page, path);
    await waiting.waitFor({ state: 'hidden' });
    await inState(window.page, 'large.bin', 'done');
    expect(await navigation.getByRole('link', { name: /^上传/ }).innerText()).toBe('上传');
    const repeated = again.map(partOf).filter((part) => finished.has(part));
    expect(repeated).toEqual([]);
    expect(again.length).toBeGreaterThan(0);
    expect(await journal(window.page)).toEqual([]);
    expect(await storedHash('large.bin')).toBe(createHash('md5').update(bytes).digest('hex'));
    await window.close();
  }, 120_000);

  it('waits while the network is gone and goes on by itself', async () => {
    const bytes = noise(2, 136 * MIB);
    const window = await uploadPage();
    const line = await lineOf(window);
    await line.slow(32 * MIB);
    const sent = acknowledged(window.page);
    await choose(window.page, file('cut.bin', bytes));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    await line.cut();
    await inState(window.page, 'cut.bin', 'offline');
    await window.shot('upload-offline');
    await line.slow(64 * MIB);
    await inState(window.page, 'cut.bin', 'done');
    expect(await storedHash('cut.bin')).toBe(createHash('md5').update(bytes).digest('hex'));
    await window.close();
  }, 120_000);

  it('stops saying that the network is gone as soon as bytes move again', async () => {
    const window = await uploadPage();
    const { page } = window;
    const line = await lineOf(window);
    await line.slow(32 * MIB);
    const sent = acknowledged(page);
    await choose(page, file('moving.bin', noise(8, 136 * MIB)));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    await line.cut();
    await inState(page, 'moving.bin', 'offline');
    await page.getByText('网络已断开').waitFor();
    // Fast enough for bytes to be seen moving, and too slow for a part to be through.
    const before = sent.size;
    await line.slow(MIB);
    await inState(page, 'moving.bin', 'uploading');
    await page.getByText('网络已断开').waitFor({ state: 'detached' });
    expect(sent.size).toBe(before);
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
    await choose(page, file('expired.bin', bytes));
    await inState(page, 'expired.bin', 'done');
    expect(refused.size).toBeGreaterThan(1);
    expect([...stored].sort()).toEqual([...new Set(stored)].sort());
    expect(await storedHash('expired.bin')).toBe(createHash('md5').update(bytes).digest('hex'));

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
    await choose(page, file('sleep.bin', bytes));
    await until('a part has arrived', async () => (finished.size >= 1 ? true : null));

    const session = await window.context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await line.cut();
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await inState(page, 'sleep.bin', 'offline');
    const before = new Set(finished);
    const again = recordRequests(page, isPart);
    stale = 4;
    await line.slow(64 * MIB);
    await inState(page, 'sleep.bin', 'done');
    expect(stale).toBeLessThanOrEqual(0);
    expect(again.map(partOf).filter((part) => before.has(part))).toEqual([]);
    expect(await storedHash('sleep.bin')).toBe(createHash('md5').update(bytes).digest('hex'));
    await window.close();
  }, 120_000);

  it('asks before signing out of a running upload, and then leaves nothing on the computer', async () => {
    const window = await uploadPage({ language: 'en' });
    const { page } = window;
    await (await lineOf(window)).slow(32 * MIB);
    const sent = acknowledged(page);
    await choose(page, file('leaving.bin', noise(6, 136 * MIB)));
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
    await choose(page, file('pause.bin', noise(3, 136 * MIB)));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    await page.getByRole('button', { name: '暂停 pause.bin' }).click();
    await inState(page, 'pause.bin', 'paused');
    await page.getByRole('button', { name: '继续 pause.bin' }).click();
    await inState(page, 'pause.bin', 'uploading');
    await page.getByRole('button', { name: '取消 pause.bin' }).click();
    await inState(page, 'pause.bin', 'cancelled');
    await until('nothing is left on the server', async () => {
      const list = await stack.api<{ items: unknown[] }>('GET', '/image-files/my-images?search=pause.bin');
      return list.items.length === 0 ? true : null;
    });
    await window.close();
  }, 120_000);

  it('asks before it cancels everything, and keeps the reason of what had failed before', async () => {
    const window = await uploadPage();
    const { page } = window;
    await (await lineOf(window)).slow(8 * MIB);
    const sent = acknowledged(page);
    await choose(page, file('many-a.bin', noise(7, 136 * MIB)), file('nothing.dcm', Buffer.alloc(0)));
    await until('a part has arrived', async () => (sent.size >= 1 ? true : null));
    await inState(page, 'nothing.dcm', 'failed');

    await page.getByRole('button', { name: '全部取消' }).click();
    const question = page.getByRole('dialog', { name: '取消 2 个文件的上传？' });
    await question.waitFor();
    await window.shot('upload-cancel-question');
    await question.getByRole('button', { name: '不取消' }).click();
    await question.waitFor({ state: 'hidden' });
    await inState(page, 'many-a.bin', 'uploading');
    await inState(page, 'nothing.dcm', 'failed');

    await page.getByRole('button', { name: '全部取消' }).click();
    await question.getByRole('button', { name: '确定取消' }).click();
    await inState(page, 'many-a.bin', 'cancelled');
    await row(page, 'nothing.dcm').getByText('已取消（文件是空的（0 字节））').waitFor();
    await until('nothing is left on the server', async () => {
      const list = await stack.api<{ items: unknown[] }>('GET', '/image-files/my-images?search=many-a.bin');
      return list.items.length === 0 ? true : null;
    });
    await page.getByRole('button', { name: '清除已完成' }).click();
    await row(page, 'many-a.bin').waitFor({ state: 'detached' });
    await row(page, 'nothing.dcm').waitFor({ state: 'detached' });
    expect(window.faults).toEqual([]);
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
    await inState(page, 'lying.png', 'doubt');
    expect(await row(page, 'lying.png').innerText()).toContain('文件的实际类型与声明的不同');
    await inState(page, 'text.jpg', 'failed');
    expect(await row(page, 'text.jpg').innerText()).toContain('文件内容不是能识别的图像');
    await inState(page, 'huge.dcm', 'failed');
    expect(await row(page, 'huge.dcm').innerText()).toContain('文件超过了大小限制');
    await page.getByText('全部完成：失败 3 个，存疑 1 个，就绪 1 个，已有 0 个').waitFor();
    const states = await page
      .locator('li > [data-state]')
      .evaluateAll((rows) =>
        rows.map(
          (each) => [each.getBoundingClientRect().top, (each as HTMLElement).dataset['state']] as const,
        ),
      );
    const order = states.sort(([one], [other]) => one - other).map(([, state]) => state);
    expect(order).toEqual(['failed', 'failed', 'failed', 'doubt', 'done']);
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

  it('counts files without a picture apart, and says so in their rows', async () => {
    const window = await uploadPage();
    const { page } = window;
    await choose(
      page,
      file('README.txt', Buffer.from('Images of the ward.')),
      file('report.pdf', Buffer.from('%PDF-1.4 nothing')),
      file('picture.png', png(44)),
    );
    await page.getByText('全部完成：就绪 1 个，没有图像 2 个，已有 0 个').waitFor();
    for (const name of ['README.txt', 'report.pdf']) {
      await inState(page, name, 'done');
      await row(page, name).getByText('已就绪：这种文件没有图像。').waitFor();
    }
    expect(await row(page, 'picture.png').innerText()).not.toContain('没有图像');
    await window.shot('upload-without-picture');
    await window.close();
  });

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

  // The service answers a number for such an id; the page's addresses and inputs have text.
  it('puts files under a patient who is created on the way and whose id is a number', async () => {
    const window = await uploadPage({ language: 'en' });
    const { page } = window;
    await page.getByRole('button', { name: 'New patient' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Patient ID').fill('900');
    await form.getByLabel('Name').fill('李雷');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/#patient_id=900/);
    await choose(page, file('belongs.dcm', dicom(901, { patientId: '900' })));
    await inState(page, 'belongs.dcm', 'done');
    const list = await until('it is listed', async () => {
      const found = await stack.api<{ items: unknown[] }>('GET', '/image-files/patient/900');
      return found.items.length > 0 ? found : null;
    });
    expect(list.items).toMatchObject([{ original_filename: 'belongs.dcm', patient_id: 900 }]);
    await page.goto(`${stack.url}/patients/record#patient_id=900`);
    await page.getByRole('heading', { name: '李雷' }).waitFor();
    await page.getByRole('link', { name: 'Images' }).last().click();
    await page.getByText('belongs.dcm').first().click();
    await page.getByRole('link', { name: '900', exact: true }).click();
    await page.waitForURL(/\/patients\/record#patient_id=900$/);
    await window.close();
  });

  it('says when the server finds the wrong patient in a file', async () => {
    await stack.api('PUT', '/patients/P-910', { name: '王芳' });
    const window = await Window.open(browser, stack, { language: 'en' });
    const { page } = window;
    await window.go('/upload#patient_id=P-910');
    await page.getByText(/Drop files/).waitFor();
    await choose(
      page,
      file('theirs.dcm', dicom(911, { patientId: 'P-1' })),
      file('own.dcm', dicom(912, { patientId: 'P-910' })),
    );
    await inState(page, 'own.dcm', 'done');
    await inState(page, 'theirs.dcm', 'doubt');
    expect(await row(page, 'theirs.dcm').innerText()).toContain('is not the patient chosen');
    await page.getByText('All done: 1 to check, 1 ready, 0 already there').waitFor();
    await window.shot('upload-doubt-english');
    await window.close();
  });

  it('files what is dropped on a page of a patient under that patient', async () => {
    await stack.api('PUT', '/patients/P-920', { name: '赵敏' });
    const window = await Window.open(browser, stack);
    const { page } = window;
    const places = [
      '/patients/record#patient_id=P-920',
      '/images#patient_id=P-920',
      '/images?view=table#patient_id=P-920',
    ];
    for (const [index, place] of places.entries()) {
      await page.goto(`${stack.url}/statistics`);
      await page.goto(`${stack.url}${place}`);
      await page.locator('main h1').waitFor();
      await drop(window, file(`dropped-${index}.png`, png(40_000 + index, 8)));
      await page.waitForURL(/\/upload#patient_id=P-920$/);
      await page.locator('input[value*="赵敏"]').waitFor();
      await inState(page, `dropped-${index}.png`, 'done');
    }
    await page.goto(`${stack.url}/images#patient_id=P-920`);
    await page.getByText('共 3 个文件').waitFor();
    await page.getByRole('link', { name: '上传', exact: true }).last().click();
    await page.waitForURL(/\/upload#patient_id=P-920$/);
    await window.close();
  }, 120_000);

  it('asks once for all known files of a drop whether they are to have the patient', async () => {
    for (const [id, name] of [
      ['P-930', '张三'],
      ['P-931', '李四'],
    ])
      await stack.api('PUT', `/patients/${id}`, { name });
    const paths = Array.from({ length: 12 }, (_, index) =>
      file(`known-${index}.png`, png(50_000 + index, 8)),
    );
    const window = await uploadPage();
    const { page } = window;
    await choose(page, ...paths.slice(0, 8));
    await page.getByText('全部完成：就绪 8 个').waitFor();
    // A load of the page ends the queue; inside of it, the address is all that changes.
    await page.goto(`${stack.url}/images`);
    await window.go('/upload#patient_id=P-931');
    await page.locator('input[value*="李四"]').waitFor();
    await choose(page, ...paths.slice(8, 10));
    await page.getByText('全部完成：就绪 2 个').waitFor();
    await page.goto(`${stack.url}/images`);

    await window.go('/upload#patient_id=P-930');
    await page.locator('input[value*="张三"]').waitFor();
    const changes = recordRequests(page, (request) => request.method() === 'PATCH');
    await choose(page, ...paths);
    const question = page.getByRole('dialog');
    await question.getByText('其中 8 个没有归到任何患者').waitFor();
    await question.getByText('其中 2 个现在属于：李四 (P-931)').waitFor();
    await question.getByText('张三 (P-930)').waitFor();
    await window.shot('upload-question');
    expect(changes).toEqual([]);

    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    await page.getByText('有 10 个已存在的文件还没有归到所选的患者').waitFor();
    await page.getByText('全部完成：存疑 10 个，就绪 2 个，已有 0 个').waitFor();
    await window.shot('upload-question-open');
    expect(changes).toEqual([]);
    await page.getByRole('button', { name: '去处理' }).click();
    await question.getByRole('button', { name: '只归没有患者的 8 个' }).click();
    await page.getByText('8 个文件已归到患者 张三 (P-930)').waitFor();
    await question.waitFor({ state: 'hidden' });
    expect(changes).toHaveLength(8);
    await page.getByText('全部完成：就绪 2 个，已有 10 个').waitFor();
    await row(page, 'known-8.png').getByText('已存在，属于患者 P-931').waitFor();
    const owners = await patientsOf('known-');
    expect(owners).toEqual([...Array(10).fill('P-930'), 'P-931', 'P-931']);

    await page.goto(`${stack.url}/images`);
    await window.go('/upload#patient_id=P-930');
    await page.locator('input[value*="张三"]').waitFor();
    // Somebody changes one of them while the question is open.
    await choose(page, ...paths);
    await question.getByText('其中 2 个现在属于：李四 (P-931)').waitFor();
    const { items } = await stack.api<{ items: { id: number; version: number }[] }>(
      'GET',
      '/image-files/patient/P-931',
    );
    const [touched, moved] = items as [{ id: number; version: number }, { id: number; version: number }];
    await stack.api('PATCH', `/image-files/${touched.id}`, { version: touched.version, description: 'seen' });
    await stack.api('PATCH', `/image-files/${moved.id}`, { version: moved.version, patient_id: null });
    await question.getByRole('button', { name: '全部归到所选患者（2 个）' }).click();
    await question.getByText('1 个文件没有改成').waitFor();
    await question.getByText('别人刚刚修改了它的患者').waitFor();
    await window.shot('upload-question-failed');
    await question.getByRole('button', { name: '关闭' }).last().click();
    expect(await patientsOf('known-')).toEqual([...Array(11).fill('P-930'), null]);
    await page.getByText('已存在，没有归到任何患者').waitFor();
    await page.getByText('有 1 个已存在的文件还没有归到所选的患者').waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('changes nothing when the answer is no, and asks nothing without a patient', async () => {
    await stack.api('PUT', '/patients/P-940', { name: 'Ann' });
    const path = file('stays.png', png(60_000, 8));
    await stack.put('stays.png', png(60_000, 8));
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await window.go('/upload');
    await choose(page, path);
    await inState(page, 'stays.png', 'duplicate');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.goto(`${stack.url}/images`);
    await window.go('/upload#patient_id=P-940');
    await page.locator('input[value*="Ann"]').waitFor();
    await choose(page, path);
    await page.getByRole('dialog').getByText('1 of them belongs to no patient').waitFor();
    await window.shot('upload-question-phone');
    await page.getByRole('button', { name: 'Leave as they are' }).click();
    await inState(page, 'stays.png', 'duplicate');
    await row(page, 'stays.png').getByText('Already there, without a patient').waitFor();
    expect(await patientsOf('stays.png')).toEqual([null]);
    await window.close();
  });
});
