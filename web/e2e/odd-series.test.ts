import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { brightnessOf, middleOf } from './measuring';
import { phantom } from './phantom';
import { Stack, until } from './stack';

/** Series as no standard wants them and hospitals have them. */
const STUDY = '1.2.826.0.1.3680043.10.7.50';
const SAGITTAL = '0\\1\\0\\0\\0\\-1';
let stack: Stack;
let browser: Browser;
let files = 0;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  const put = async (
    series: number,
    description: string,
    options: Parameters<typeof phantom>[0],
    cut = 1,
  ) => {
    const own = { study: STUDY, series: `${STUDY}.${series}`, seriesNumber: series, description };
    const bytes = phantom({ ...own, ...options });
    files += 1;
    await stack.put(`${series}-${files}.dcm`, bytes.subarray(0, Math.floor(bytes.length * cut)));
  };
  const at = (z: number) => `0\\0\\${z * 2}`;
  for (const z of [3, 1, 5, 2, 4]) await put(1, 'No numbers', { number: null, position: at(z), hu: z * 30 });
  for (const z of [2, 1, 3])
    await put(2, 'Nothing', { number: null, position: null, orientation: null, hu: z * 30 });
  for (const z of [2, 4, 1, 3]) await put(3, 'Same number', { number: 1, position: at(z), hu: z * 30 });
  for (const phase of [0, 1])
    for (const z of [3, 2, 1]) await put(4, 'Twice', { number: z, position: at(z), hu: z * 30 + phase * 10 });
  await put(5, 'Scout', { number: 1, orientation: SAGITTAL, position: '0\\0\\0', hu: 200 });
  for (const z of [3, 2, 1]) await put(5, 'Scout', { number: z + 1, position: at(z), hu: z * 30 });
  for (const z of [1, 2, 3, 4, 5])
    await put(6, 'Broken', { number: z, position: at(z), hu: z * 30 + 5 }, z === 3 ? 0.3 : 1);
  // And one with a warning: somebody gave it to another patient than its header names.
  files += 1;
  await stack.api('PUT', '/patients/P-0001', { name: '张三' });
  const other = { study: `${STUDY}.9`, patientId: 'P-0002', patientName: 'Li^Si=李^四', hu: 77 };
  await stack.put('other.dcm', phantom(other), { patient_id: 'P-0001' });
  await until('all files are counted', async () => {
    const { items } = await stack.api<{ items: { file_count: number }[] }>('GET', '/studies');
    return items.reduce((sum, { file_count }) => sum + file_count, 0) === files ? true : null;
  });
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const stage = (page: Page) => page.locator('[role=application][data-ready]');

const atFrame = (page: Page, frame: number) =>
  until(`slice ${frame} is shown`, async () =>
    (await stage(page).getAttribute('data-frame')) === String(frame) ? true : null,
  );

async function open(window: Window, series: RegExp): Promise<void> {
  const { page } = window;
  await window.go('/studies');
  await page.getByRole('link', { name: /张三/ }).click();
  await page.getByRole('button', { name: series }).click();
  await page.getByRole('region', { name: series }).waitFor();
  await stage(page).waitFor({ timeout: 30_000 });
  await stage(page).focus();
}

/** Reads a stack from its first slice to its last one. `null`: nothing has to be seen of it. */
async function reads(page: Page, expected: (number | null)[]): Promise<void> {
  await page.getByText(`/ ${expected.length} 帧`).first().waitFor();
  await page.keyboard.press('Home');
  for (const [index, hu] of expected.entries()) {
    if (index > 0) await page.keyboard.press('ArrowDown');
    await atFrame(page, index + 1);
    if (hu === null) continue;
    let seen = -1;
    await until(`slice ${index + 1} has ${hu} HU`, async () => {
      seen = await middleOf(page);
      return Math.abs(seen - brightnessOf(hu)) < 5 ? true : null;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: it has ${seen} and not ${brightnessOf(hu)}`);
    });
  }
}

describe('a series that is not as it should be', () => {
  it.each([
    {
      name: /No numbers/,
      order: [30, 60, 90, 120, 150],
      because: 'slices without numbers lie where their headers say',
    },
    { name: /Nothing/, order: [60, 30, 90], because: 'slices of which nothing is known stand as they came' },
    {
      name: /Same number/,
      order: [30, 60, 90, 120],
      because: 'slices with one number for all lie where they lie',
    },
    { name: /Twice/, order: [30, 40, 60, 70, 90, 100], because: 'two phases of one place stand together' },
  ])('is read in an order that makes sense: $because', async ({ name, order }) => {
    const window = await Window.open(browser, stack);
    await open(window, name);
    await reads(window.page, order);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('keeps a scout apart from the slices, and says of each how it lies', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await open(window, /Scout/);
    await reads(page, [30, 60, 90, 200]);
    const left = () => page.locator('[data-edge=left]').textContent();
    expect(await left()).toBe('A');
    await window.shot('odd-scout');
    await page.keyboard.press('ArrowUp');
    await until('an axial slice is shown again', async () => ((await left()) === 'R' ? true : null));
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('shows all slices around a broken one, which says that it is broken', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await open(window, /Broken/);
    // It is said before anybody turns a page.
    await page.getByText('1 幅图像损坏，无法显示：第 3 幅').waitFor();
    await reads(page, [35, 65, null, 125, 155]);
    for (const [key, frame] of [
      ['Home', 1],
      ['ArrowDown', 2],
      ['ArrowDown', 3],
    ] as const) {
      await page.keyboard.press(key);
      await atFrame(page, frame);
    }
    await page.getByText('这个文件没有可显示的图像').waitFor();
    await window.shot('odd-broken');
    await page.keyboard.press('ArrowDown');
    await page.getByText('这个文件没有可显示的图像').waitFor({ state: 'detached' });
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('is readable on a phone, in English', async () => {
    const window = await Window.open(browser, stack, {
      language: 'en',
      width: 390,
      height: 844,
      touch: true,
    });
    const { page } = window;
    await window.go('/studies');
    await page.getByRole('link', { name: /张三/ }).tap();
    await page.getByRole('button', { name: /Broken/ }).tap();
    await page.getByText('of 5').first().waitFor();
    await stage(page).waitFor({ timeout: 30_000 });
    await window.shot('odd-phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)).toBe(false);
    await window.close();
  });

  it('is found by its warnings', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies');
    await page.getByText('共 2 个检查').waitFor();
    await page.getByRole('combobox', { name: '警告' }).selectOption('有警告');
    await page.waitForURL(/warnings=true/);
    await page.getByText('共 1 个检查').waitFor();
    await page.getByRole('link', { name: /李四/ }).waitFor();
    // The mark says how grave the warning is, how many files have it, and what is wrong.
    const marks = page.locator('a[data-study] [data-severity]');
    expect(await marks.count()).toBe(1);
    expect(await marks.getAttribute('data-severity')).toBe('grave');
    expect(await marks.locator('[aria-hidden]').allTextContents()).toContain('1');
    expect(await marks.getAttribute('title')).toMatch(/^1 个文件：图像中的患者与所选患者不一致/);
    await window.shot('worklist-warnings');
    await page.getByRole('combobox', { name: '警告' }).selectOption('没有警告');
    await page.getByRole('link', { name: /张三/ }).waitFor();
    await page.getByRole('link', { name: /李四/ }).waitFor({ state: 'detached' });
    expect(await marks.count()).toBe(0);
    await page.getByRole('combobox', { name: '警告' }).selectOption('有警告');
    await page.getByRole('link', { name: /李四/ }).click();
    await page.getByRole('alert').getByText('图像中的患者与所选患者不一致').waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  });
});
