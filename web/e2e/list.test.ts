import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, measured, recordRequests, Window } from './browser';
import { dicom, png } from './pictures';
import { Stack, until } from './stack';

const PICTURES = 40;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await Promise.all(
    Array.from({ length: PICTURES }, (_, seed) =>
      seed % 2 === 0
        ? stack.put(`ct-${seed}.dcm`, dicom(seed))
        : stack.put(`photo-${seed}.png`, png(seed), { description: seed === 1 ? '左膝 post-op' : 'plain' }),
    ),
  );
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const cards = 'ul[aria-label] > li';
const names = (window: Window) => window.page.locator(`${cards} [class*=name]`).allTextContents();

async function choose(window: Window, files: string[]): Promise<void> {
  for (const name of files) await window.page.getByRole('checkbox', { name: `选择 ${name}` }).click();
  await window.page.getByText(`已选 ${files.length} 个`).first().waitFor();
}

async function recordOf(name: string) {
  type Found = { items: { original_filename: string; file_hash: string; status: string }[] };
  const { items } = await stack.api<Found>(
    'GET',
    `/image-files/my-images?search=${encodeURIComponent(name)}`,
  );
  return items.find(({ original_filename }) => original_filename === name)!;
}

describe('the list', () => {
  it('needs one API call beside who one is, and at most 600 KB, and nothing moves', async () => {
    const window = await Window.open(browser, stack);
    const calls = recordRequests(window.page, (request) => request.url().includes('/api/v1/'));
    const wire = await window.context.newCDPSession(window.page);
    await wire.send('Network.enable');
    let bytes = 0;
    wire.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await window.context.addInitScript(() => {
      const seen = { shift: 0 };
      Object.assign(globalThis, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await window.go('/images');
    await window.page.locator(`${cards} img`).first().waitFor();
    await window.page.waitForLoadState('networkidle');

    // And who somebody is, once: it says whether they are an administrator by their role.
    expect(calls.map((request) => new URL(request.url()).pathname).sort()).toEqual([
      '/api/v1/image-files/my-images',
      '/api/v1/me',
    ]);
    expect(bytes).toBeLessThan(600 * 1024);
    const { paint, shift } = await window.page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
      shift: (globalThis as unknown as { seen: { shift: number } }).seen.shift,
    }));
    expect(shift).toBeLessThan(0.02);
    measured('list: first contentful paint', `${paint.toFixed(0)} ms`);
    measured('list: over the wire', `${(bytes / 1024).toFixed(0)} KB in ${calls.length} API call`);
    measured('list: layout shift', shift.toFixed(4));
    await window.shot('list');
    await window.close();
  });

  it('loads everything once while one scrolls', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images');
    await window.page.locator(cards).first().waitFor();
    // Only what is in view is on the page.
    const shown = new Map<string, string>();
    await until('all are loaded', async () => {
      for (const card of await window.page.locator(cards).all()) {
        const place = await card.getAttribute('aria-posinset', { timeout: 1_000 }).catch(() => null);
        if (place) shown.set(place, await card.locator('[class*=name]').innerText());
      }
      await window.page.mouse.wheel(0, 300);
      return shown.size >= PICTURES ? true : null;
    });
    expect(new Set(shown.values()).size).toBe(PICTURES);
    expect(shown.size).toBe(PICTURES);
    await window.close();
  });

  it('keeps every filter in the address, so that a link shows the same', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images');
    await window.page.getByLabel('检查类型').selectOption('CT');
    await window.page.getByLabel('搜索文件名或描述').fill('CT-1');
    await window.page.waitForURL(/#search=CT-1$/);
    const expected = ['ct-18.dcm', 'ct-16.dcm', 'ct-14.dcm', 'ct-12.dcm', 'ct-10.dcm'];
    await until('five are left', async () => ((await names(window)).length === 5 ? true : null));
    expect((await names(window)).sort()).toEqual(expected.sort());

    const other = await Window.open(browser, stack, { language: 'en' });
    await other.page.goto(window.page.url());
    await until('the link is loaded', async () => ((await names(other)).length === 5 ? true : null));
    expect((await names(other)).sort()).toEqual(expected.sort());
    expect(await other.page.getByLabel('Modality').inputValue()).toBe('CT');

    await window.page.getByRole('button', { name: '清除筛选' }).last().click();
    await until('all are back', async () => ((await names(window)).length === 24 ? true : null));
    await window.close();
    await other.close();
  });

  it('asks once for a word that is typed, and finds it in descriptions', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images?view=table');
    await window.page.locator('tbody tr').first().waitFor();
    const calls = recordRequests(window.page, (request) => request.url().includes('/my-images'));
    await window.page.keyboard.press('/');
    await window.page.keyboard.type('左膝', { delay: 30 });
    await until('one is left', async () =>
      (await window.page.locator('tbody tr').count()) === 1 ? true : null,
    );
    expect(await window.page.locator('tbody tr a').innerText()).toContain('photo-1.png');
    expect(calls).toHaveLength(1);
    await window.shot('table-search');
    await window.close();
  });

  it('is worked with the keyboard alone: move, select, delete, undo, delete again, restore from the trash', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/images');
    await page.locator(cards).first().waitFor();
    await page.locator(`${cards} a`).first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.getByText('已选 2 个').first().waitFor();
    await window.shot('selection');
    const doomed = (await names(window)).slice(0, 2);
    await page.keyboard.press('Delete');
    await page.getByText('已删除 2 个文件').waitFor();
    await until('they left', async () =>
      (await names(window)).some((name) => doomed.includes(name)) ? null : true,
    );
    expect(await page.getByText(`共 ${PICTURES - 2} 个文件`).isVisible()).toBe(true);
    await window.shot('undo');

    await page.getByRole('button', { name: '撤销' }).click();
    await until('they are back', async () => {
      const shown = await names(window);
      return doomed.every((name) => shown.includes(name)) ? true : null;
    });

    const gone = doomed[0]!;
    await page.locator(`${cards} a`, { hasText: gone }).focus();
    await page.keyboard.press('Delete');
    await page.getByText('已删除 1 个文件').waitFor();
    await page.getByRole('link', { name: '回收站' }).click();
    await page
      .getByText(/还剩 \d+ 天/)
      .first()
      .waitFor();
    await window.shot('trash');
    await page.getByRole('button', { name: `恢复 ${gone}` }).click();
    await page.getByText('回收站是空的').waitFor();
    await page.getByRole('link', { name: '影像', exact: true }).click();
    await until('it is back', async () => ((await names(window)).includes(gone) ? true : null));
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('archives everything that is chosen, and takes it back', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/images');
    await page.locator(cards).first().waitFor();
    const chosen = (await names(window)).slice(0, 2);
    const statuses = async () => Promise.all(chosen.map(async (name) => (await recordOf(name)).status));
    await choose(window, chosen);
    await page.getByRole('toolbar').getByRole('button', { name: '归档', exact: true }).click();
    await page.getByText('已归档 2 个文件').waitFor();
    expect(await statuses()).toEqual(['ARCHIVED', 'ARCHIVED']);
    await page.locator(`${cards} [data-status=ARCHIVED]`).first().waitFor();
    await window.shot('archived');
    await page.getByRole('toolbar').getByRole('button', { name: '取消归档' }).click();
    await page.getByText('已取消归档 2 个文件').waitFor();
    expect(await statuses()).toEqual(['PROCESSED', 'PROCESSED']);
    await window.close();
  });

  it('speaks both languages and remembers the choice', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images');
    await window.page.getByRole('heading', { name: '影像' }).waitFor();
    await window.page.getByText('English').click();
    await window.page.getByRole('heading', { name: 'Images', exact: true }).waitFor();
    expect(await window.page.getAttribute('html', 'lang')).toBe('en-GB');
    await window.page.reload();
    await window.page.getByRole('heading', { name: 'Images', exact: true }).waitFor();
    await window.shot('list-english');
    await window.close();
  });

  it('shows an administrator everything, and a user only their own', async () => {
    const admin = await Window.open(browser, stack, { role: 'admin' });
    await admin.go('/images');
    await admin.page.getByText(`共 ${PICTURES} 个文件`).waitFor();
    await admin.page.getByLabel('范围').selectOption('mine');
    await admin.page.getByText('还没有影像').waitFor();
    await admin.close();

    const colleague = await Window.open(browser, stack, { name: 'Dr. Smith' });
    await colleague.go('/images');
    await colleague.page.getByText('还没有影像').waitFor();
    expect(await colleague.page.getByLabel('范围').count()).toBe(0);
    await colleague.close();
  });

  it('stays usable when the server fails, and says so in words', async () => {
    const window = await Window.open(browser, stack, { language: 'en' });
    const failing = '**/api/v1/image-files/my-images*';
    await window.page.route(failing, (route) =>
      route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'internal', detail: 'table ImageFiles is gone', request_id: 'abc-1' }),
      }),
    );
    await window.go('/images');
    const alert = window.page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toContain('The server failed');
    expect(await alert.innerText()).toContain('abc-1');
    expect(await alert.innerText()).not.toContain('ImageFiles');
    await window.page.unroute(failing);
    await window.page.getByRole('button', { name: 'Try again' }).click();
    await window.page.locator(cards).first().waitFor();
    await window.close();
  });

  it('asks to sign in again over the page when the token is refused, and goes on', async () => {
    const window = await Window.open(browser, stack, { language: 'en' });
    await window.go('/images');
    await window.page.locator(cards).first().waitFor();
    const refusing = '**/api/v1/**';
    await window.page.route(refusing, (route) =>
      route.fulfill({
        status: 401,
        contentType: 'application/problem+json',
        body: '{"code":"unauthenticated"}',
      }),
    );
    await window.page.getByLabel('Modality').selectOption('MR');
    await window.page.getByText('Your session has expired').first().waitFor();
    await window.page.unroute(refusing);
    await window.page.getByRole('button', { name: 'Sign in again' }).click();
    await window.page.getByText('Nothing matches').waitFor();
    await window.close();
  });
});
