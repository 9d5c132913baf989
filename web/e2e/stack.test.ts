import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, measured, Window } from './browser';
import { brightnessOf, middleOf } from './measuring';
import { phantom } from './phantom';
import { Stack, until } from './stack';

const SLICES = 12;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  // Sent in another order than they are read in.
  for (let number = SLICES; number >= 1; number--) {
    await stack.put(`slice-${number}.dcm`, phantom({ number, hu: number * 20 }));
  }
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const stage = (page: Page) => page.locator('[role=application][data-ready]');
const atFrame = (page: Page, frame: number) =>
  until(`slice ${frame} is shown`, async () =>
    (await stage(page).getAttribute('data-frame')) === String(frame) ? true : null,
  );
async function choose(page: Page, language: 'zh' | 'en'): Promise<void> {
  await page.goto(`${stack.url}/images?view=table&page_size=100`);
  const [all, read] =
    language === 'zh' ? ['选择已显示的全部', '连续阅读'] : ['Select all shown', 'Read as a stack'];
  await page.getByRole('checkbox', { name: all }).check();
  await page.getByRole('button', { name: read }).click();
  await stage(page).waitFor({ timeout: 30_000 });
}

describe('a stack', () => {
  it('shows the slices in reading order, by wheel, keys, slider and cine', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    const begun = Date.now();
    await choose(page, 'zh');
    measured(`first of ${SLICES} slices`, `${Date.now() - begun} ms after the list was opened`);
    await atFrame(page, 1);
    await page.getByText(`第 1 / ${SLICES} 帧`).waitFor();
    expect(await middleOf(page)).toBeCloseTo(brightnessOf(20), -1);
    await stage(page).focus();
    await page.keyboard.press('ArrowDown');
    await atFrame(page, 2);
    await page.keyboard.press('End');
    await atFrame(page, SLICES);
    await until('it is the last slice', async () =>
      Math.abs((await middleOf(page)) - brightnessOf(SLICES * 20)) < 6 ? true : null,
    );
    await page.keyboard.press('Home');
    await atFrame(page, 1);
    const box = (await stage(page).boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, 100);
    await until('the wheel turns the page', async () =>
      Number(await stage(page).getAttribute('data-frame')) > 1 ? true : null,
    );
    const slider = page.getByRole('slider', { name: '翻帧' });
    const track = (await slider.locator('../..').boundingBox())!;
    const y = track.y + track.height / 2;
    await page.mouse.move(track.x + 2, y);
    await page.mouse.down();
    await page.mouse.move(track.x + track.width / 2, y, { steps: 5 });
    await page.mouse.move(track.x + track.width - 2, y, { steps: 5 });
    await page.mouse.up();
    await atFrame(page, SLICES);
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await atFrame(page, SLICES - 1);
    await until('the slice before the last is drawn', async () =>
      Math.abs((await middleOf(page)) - brightnessOf((SLICES - 1) * 20)) < 6 ? true : null,
    );
    await stage(page).focus();
    await page.keyboard.press(' ');
    const seen = new Set<string | null>();
    await until('all of them run', async () => {
      seen.add(await stage(page).getAttribute('data-frame'));
      return seen.size >= 4 ? true : null;
    });
    await page.keyboard.press(' ');
    await window.shot('stack');
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('works on a phone, in English', async () => {
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await choose(page, 'en');
    await page.getByText(`of ${SLICES}`).first().waitFor();
    await window.shot('stack-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
    expect(sideways).toBe(false);
    await window.close();
  });

  it('leads from a file to the next one of the list, and back', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await page.goto(`${stack.url}/images?view=table`);
    await page.getByText('slice-2.dcm').first().click();
    await page.getByRole('heading', { name: 'slice-2.dcm' }).waitFor();
    await page.getByRole('link', { name: '下一个文件' }).click();
    await page.getByRole('heading', { name: 'slice-3.dcm' }).waitFor();
    await page.getByRole('link', { name: '上一个文件' }).click();
    await page.getByRole('heading', { name: 'slice-2.dcm' }).waitFor();
    await window.close();
  });
});
