import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, measured, Window } from './browser';
import { phantom } from './phantom';
import { Stack } from './stack';

/** `SLICES=327 npm run e2e long-series` reads a whole CT. */
const SLICES = Number(process.env['SLICES'] ?? 40);
const SIDE = 512;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.putStudy(SLICES, 6, (number) => [
    `IM-${number}.dcm`,
    phantom({ number, hu: number, size: SIDE }),
  ]);
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Presses a key again and again, each time when the slice before is on the screen. Answers the slices of a second. */
const pace = (page: Page, key: string, count: number) =>
  page.evaluate(
    async ([name, times]) => {
      const stage = document.querySelector('[role=application]');
      if (!stage) throw new Error('nothing is open');
      const begun = performance.now();
      for (let done = 0; done < times; done++) {
        const before = stage.getAttribute('data-frame');
        const turned = new Promise<void>((resolve) => {
          const watch = new MutationObserver(() => {
            if (stage.getAttribute('data-frame') === before) return;
            watch.disconnect();
            resolve();
          });
          watch.observe(stage, { attributes: true, attributeFilter: ['data-frame'] });
        });
        stage.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
        await turned;
      }
      return (times * 1000) / (performance.now() - begun);
    },
    [key, count] as const,
  );

it('shows the first slice soon, and turns the pages of all of them', async () => {
  const window = await Window.open(browser, stack);
  const { page } = window;
  await window.go('/studies');
  await page.getByRole('link', { name: /张三/ }).waitFor();
  // Code that has not come yet is loaded once in a working day.
  await page.getByRole('link', { name: /张三/ }).click();
  await page.locator('[role=application][data-ready]').waitFor({ timeout: 60_000 });
  await window.go('/studies');
  const begun = Date.now();
  await page.getByRole('link', { name: /张三/ }).click();
  await page.locator('[role=application][data-ready]').waitFor();
  measured(`first of ${SLICES} slices of a study`, `${Date.now() - begun} ms after a click in the worklist`);
  await page.getByText(`第 1 / ${SLICES} 帧`).waitFor();
  const coming = await pace(page, 'ArrowDown', SLICES - 1);
  const loaded = await pace(page, 'ArrowUp', SLICES - 1);
  measured(
    `pages of ${SLICES} slices`,
    `${coming.toFixed(1)}/s while they come, ${loaded.toFixed(1)}/s once loaded`,
  );
  await page.getByText(`第 1 / ${SLICES} 帧`).waitFor();
  expect(window.faults).toEqual([]);
  await window.close();
}, 300_000);
