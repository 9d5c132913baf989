import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, measured, Window } from './browser';
import { dicom, png } from './pictures';
import { Stack, until } from './stack';

const MANY = 10_000;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await Promise.all(Array.from({ length: 4 }, (_, seed) => stack.put(`photo-${seed}.png`, png(seed))));
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** A list of the stack, with its few items over and over again: storing ten thousand would take a quarter of an hour. */
async function multiply(
  page: Page,
  pageSize: number,
  route = '**/api/v1/image-files/my-images*',
  renamed: (number: number) => object = (number) => ({ original_filename: `${number}.png` }),
): Promise<void> {
  await page.route(route, async (route) => {
    const asked = new URL(route.request().url());
    const start = Number(asked.searchParams.get('cursor') ?? 0);
    asked.searchParams.delete('cursor');
    const answer = (await (await route.fetch({ url: asked.href })).json()) as { items: object[] };
    const items = Array.from({ length: Math.min(pageSize, MANY - start) }, (_, offset) => {
      const number = start + offset;
      return { ...answer.items[number % answer.items.length]!, id: number + 1, ...renamed(number) };
    });
    const end = start + items.length;
    await route.fulfill({
      json: { ...answer, items, total: MANY, next_cursor: end < MANY ? String(end) : null },
    });
  });
}

const nodes = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);

/** Milliseconds from a click until the browser has painted what it changed. */
function clickTime(page: Page, selector: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const element = document.querySelector<HTMLElement>(wanted);
        if (!element) throw new Error(`no ${wanted}`);
        const start = performance.now();
        element.click();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
      }),
    selector,
  );
}

/** Scrolls like a wheel for a second; answers how many frames were painted. */
function framesWhileScrolling(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const end = performance.now() + 1_000;
        let frames = 0;
        const step = () => {
          frames += 1;
          window.scrollBy(0, 120);
          if (performance.now() < end) requestAnimationFrame(step);
          else resolve(frames);
        };
        requestAnimationFrame(step);
      }),
  );
}

/** With the keyboard: what gets the focus is on the page. */
async function goesToTheEnd(page: Page): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
  await page.locator('[data-index="0"]').focus();
  await page.keyboard.press('End');
  await until('the last one has the focus', async () =>
    (await page.evaluate(() => document.activeElement?.getAttribute('data-index'))) === String(MANY - 1)
      ? true
      : null,
  );
}

describe('ten thousand files', () => {
  it.each([
    { view: 'grid', items: 'main ul[aria-label] > li' },
    { view: 'table', items: 'main tbody tr:not([aria-hidden])' },
  ])('are as quick as ten ($view)', async ({ view, items }) => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await multiply(page, MANY);
    await window.go(`/images?view=${view}`);
    await page.locator(items).first().waitFor();
    expect(await page.locator(items).count()).toBeLessThan(100);
    expect(await nodes(page)).toBeLessThan(3_000);

    const click = await clickTime(page, `${items} input[type=checkbox]`);
    await page.getByText('已选 1 个').first().waitFor();
    const frames = await framesWhileScrolling(page);
    measured(`${view} of ${MANY}: a click`, `${click.toFixed(0)} ms`);
    measured(`${view} of ${MANY}: scrolling`, `${frames} frames/s`);
    expect(await nodes(page)).toBeLessThan(3_000);

    await goesToTheEnd(page);
    expect(
      await page
        .getByText(`${MANY - 1}.png`)
        .first()
        .isVisible(),
    ).toBe(true);
    const all = await page.evaluate(() => {
      const start = performance.now();
      document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'a', ctrlKey: true, bubbles: true, cancelable: true }),
      );
      return new Promise<number>((resolve) =>
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start))),
      );
    });
    await page.getByText(`已选 ${MANY} 个`).first().waitFor();
    measured(`${view} of ${MANY}: choosing all`, `${all.toFixed(0)} ms`);
    await window.shot(`long-${view}`);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('never stop coming while somebody drags the scroll bar', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await multiply(page, 100);
    await window.go('/images?page_size=100');
    await page.locator('main ul[aria-label] > li').first().waitFor();
    await until(
      'three thousand are loaded',
      async () => {
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        const size = Number(await page.locator('main li[aria-setsize]').first().getAttribute('aria-setsize'));
        return size >= 3_000 ? true : null;
      },
      60_000,
    );
    await window.close();
  }, 90_000);

  it('take keys wherever the mouse left the focus', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/images');
    await page.getByRole('checkbox', { name: '选择 photo-1.png' }).click();
    await page.getByText('已选 1 个').first().waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText('已选 4 个').first().waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe('');
    await page.getByRole('heading', { name: '影像' }).click();
    await page.keyboard.press('Escape');
    await until('nothing is chosen', async () =>
      (await page.getByRole('toolbar').count()) === 0 ? true : null,
    );
    await page.getByRole('checkbox', { name: '选择 photo-1.png' }).click();
    await page.getByRole('heading', { name: '影像' }).click();
    await page.keyboard.press('Delete');
    await page.getByText('已删除 1 个文件').waitFor();
    // What is typed is typed.
    await page.getByRole('button', { name: '撤销' }).click();
    await page.getByRole('checkbox', { name: '选择 photo-1.png' }).click();
    await page.getByLabel('搜索文件名或描述').fill('x');
    await page.keyboard.press('Delete');
    expect((await stack.api<{ total: number }>('GET', '/image-files/my-images')).total).toBe(4);
    await window.close();
  });
});

describe('a worklist of ten thousand studies', () => {
  it('draws only those in view, and is gone through from end to end', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await stack.put('ct.dcm', dicom(1));
    await until('its study is there', async () => {
      const { total } = await stack.api<{ total: number }>('GET', '/studies');
      return total === 1 ? true : null;
    });
    await multiply(page, MANY, '**/api/v1/studies?*', (number) => ({ description: `number ${number}` }));
    await window.go('/studies');
    await page.getByText(`共 ${MANY} 个检查`).waitFor();
    await page.getByText('number 0', { exact: true }).waitFor();
    expect(await page.locator('a[data-study]').count()).toBeLessThan(100);
    expect(await nodes(page)).toBeLessThan(3_000);
    measured(`worklist of ${MANY}: scrolling`, `${await framesWhileScrolling(page)} frames/s`);
    await goesToTheEnd(page);
    expect(await page.getByText(`number ${MANY - 1}`, { exact: true }).isVisible()).toBe(true);
    expect(await nodes(page)).toBeLessThan(3_000);
    await page.keyboard.press('Home');
    await until('the first one has the focus', async () =>
      (await page.evaluate(() => document.activeElement?.getAttribute('data-index'))) === '0' ? true : null,
    );
    await window.shot('long-worklist');
    expect(window.faults).toEqual([]);
    await window.close();
  });
});
