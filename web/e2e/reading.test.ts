import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArchive } from './archive';
import { launch, Window } from './browser';
import { phantom } from './phantom';
import { Stack, until } from './stack';

const NOW = '1.2.826.0.1.3680043.10.7.1';
const PRIOR = '1.2.826.0.1.3680043.10.7.2';
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.api('PUT', '/patients/P-0001', { name: '张三' });
  const put = (name: string, options: Parameters<typeof phantom>[0]) =>
    stack.put(name, phantom(options), { patient_id: 'P-0001' });
  for (let number = 4; number >= 1; number--) {
    await put(`now-${number}.dcm`, { number, study: NOW, hu: number * 20 });
    await put(`bone-${number}.dcm`, {
      number,
      study: NOW,
      series: `${NOW}.2`,
      seriesNumber: 2,
      description: 'Bone 1.0',
      hu: 100 + number * 20,
    });
    await put(`prior-${number}.dcm`, { number, study: PRIOR, date: '20250105', hu: 200 + number * 20 });
  }
  await until('both studies are counted', async () => {
    const { items } = await stack.api<{ items: { file_count: number }[] }>('GET', '/studies');
    return items.length === 2 && items.every(({ file_count }) => file_count >= 4) ? true : null;
  });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const stage = (page: Page, which = 0) => page.locator('[role=application][data-ready]').nth(which);
const atFrame = (page: Page, frame: number, which = 0) =>
  until(`slice ${frame} is shown`, async () =>
    (await stage(page, which).getAttribute('data-frame')) === String(frame) ? true : null,
  );

describe('a doctor', () => {
  it('finds the patient, reads the study, compares it with the prior and downloads it', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/');
    await page.getByText('共 2 个检查').waitFor();
    await window.shot('worklist');
    await page.getByRole('searchbox').fill('张三');
    await page.waitForURL(/#search=/);
    await page.getByRole('link', { name: /张三/ }).first().press('Enter');
    await page.getByRole('heading', { name: '张三' }).waitFor();
    await stage(page).waitFor({ timeout: 30_000 });
    await atFrame(page, 1);
    await stage(page).focus();
    await page.keyboard.press('ArrowDown');
    await atFrame(page, 2);
    await page.getByRole('button', { name: /Bone 1\.0/ }).click();
    await page.waitForURL(/series=/);
    await stage(page).waitFor();
    await window.shot('study');

    await page.getByRole('button', { name: '对比', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: /2025/ }).waitFor();
    await window.shot('compare-choice');
    await dialog.getByRole('button', { name: /Lung 1\.0/ }).last().click();
    await stage(page, 1).waitFor({ timeout: 30_000 });
    await stage(page).focus();
    await page.keyboard.press('ArrowDown');
    await atFrame(page, 2);
    await atFrame(page, 2, 1);
    await window.shot('compare');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载检查' }).click(),
    ]);
    expect(await download.failure()).toBeNull();
    const files = [...readArchive(readFileSync(await download.path())).keys()].sort();
    expect(files).toHaveLength(8);
    expect(files[0]).toMatch(/^001\//);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('reads on a phone, in English', async () => {
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await window.go('/studies');
    await page.getByText('2 studies').waitFor();
    await window.shot('worklist-phone');
    await page.getByRole('link', { name: /张三/ }).first().click();
    await stage(page).waitFor({ timeout: 30_000 });
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
    expect(sideways).toBe(false);
    await window.shot('study-phone');
    await window.close();
  });
});
