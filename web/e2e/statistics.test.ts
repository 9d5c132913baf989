import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { dicom, png } from './pictures';
import { Stack } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  for (let seed = 1; seed <= 3; seed++) await stack.put(`film-${seed}.dcm`, dicom(seed));
  await stack.put('photo.png', png(9));
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const chart = (page: Page, title: string) =>
  page.locator('section').filter({ has: page.getByRole('heading', { name: title }) });

describe('statistics', () => {
  it('lead from each bar to the files that it counts', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/statistics');
    const months = chart(page, '按收到的月份');
    await months.getByRole('listitem').first().waitFor();
    expect(await months.getByRole('listitem').count()).toBe(12);
    expect(await months.getByRole('listitem').first().textContent()).toMatch(/4$/);
    expect(await months.getByRole('link').count()).toBe(1);
    await window.shot('statistics');
    await months.getByRole('link').click();
    await page.waitForURL(/start_date=\d{4}-\d\d-01&end_date=/);
    await page.getByText('共 4 个文件').waitFor();
    await page.goBack();
    await chart(page, '按类型').getByRole('link', { name: 'PNG' }).click();
    await page.getByText('共 1 个文件').waitFor();
    expect(await chart(page, '按上传者').count()).toBe(0);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('tell an administrator who uploaded how much, in English and on a phone', async () => {
    const window = await Window.open(browser, stack, {
      role: 'admin',
      language: 'en',
      width: 390,
      height: 844,
    });
    const { page } = window;
    // Somebody is in the list of users once they were here.
    await stack.api('GET', '/me');
    await window.go('/statistics');
    const uploaders = chart(page, 'By uploader');
    await uploaders.getByRole('button', { name: 'Count them' }).click();
    await uploaders.getByRole('link', { name: stack.nameOf('user') }).click();
    await page.waitForURL(/uploaded_by=\d+/);
    await page.getByText('4 files').first().waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'By uploader' }).waitFor();
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
    expect(sideways).toBe(false);
    await window.shot('statistics-phone');
    await window.close();
  });
});
