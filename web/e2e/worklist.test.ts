import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, recordRequests, Window } from './browser';
import { phantom } from './phantom';
import { dicom } from './pictures';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;

/** Received in this order, which is neither that of their dates nor that of their names. */
const STUDIES = [
  { patientName: 'Wang^Wu=王^五', date: '20250301' },
  { patientName: 'Zhang^San=张^三', date: '20230110' },
  { patientName: 'Li^Si=李^四', date: '20240620' },
];

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  for (const [at, { patientName, date }] of STUDIES.entries()) {
    const study = `1.2.826.0.1.3680043.10.7.6${at}`;
    await stack.put(`ct-${at}.dcm`, phantom({ study, patientName, patientId: `P-${at}`, date, hu: at * 10 }));
  }
  // On January 5th, 2026.
  await stack.put('mr.dcm', dicom(1, { modality: 'MR', patientName: 'Zhao^Liu=赵^六' }));
  await until('all studies are there', async () => {
    const { total } = await stack.api<{ total: number }>('GET', '/studies');
    return total === STUDIES.length + 1 ? true : null;
  });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const shows = (window: Window, expected: string[]) => {
  let seen: string[] = [];
  return until(`the list is ${expected.join(' ')}`, async () => {
    seen = await window.page.locator('a[data-study] strong').allTextContents();
    return seen.join() === expected.join() ? true : null;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${seen.join(' ')}`);
  });
};

describe('the worklist', () => {
  it('is sorted by a click on a head, and turned by another one', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies');
    await shows(window, ['赵六', '王五', '李四', '张三']);
    const head = (name: string) => page.getByRole('columnheader', { name });
    const sorted = (name: string) => head(name).getAttribute('aria-sort');
    expect(await sorted('检查日期')).toBe('descending');

    await head('检查日期').getByRole('button').click();
    await shows(window, ['张三', '李四', '王五', '赵六']);
    await page.waitForURL(/sort=study_date$/);
    expect(await sorted('检查日期')).toBe('ascending');

    await head('患者').getByRole('button').click();
    await shows(window, ['李四', '王五', '张三', '赵六']);
    await page.waitForURL(/sort=patient_name$/);
    expect([await sorted('检查日期'), await sorted('患者')]).toEqual(['none', 'ascending']);
    await head('患者').getByRole('button').click();
    await shows(window, ['赵六', '张三', '王五', '李四']);
    await page.waitForURL(/sort=-patient_name$/);

    await head('收到时间').getByRole('button').click();
    await shows(window, ['赵六', '李四', '张三', '王五']);
    await page.goBack();
    await shows(window, ['赵六', '张三', '王五', '李四']);
    await page.reload();
    await shows(window, ['赵六', '张三', '王五', '李四']);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('is narrowed by dates that are typed and a modality that is chosen', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies');
    await shows(window, ['赵六', '王五', '李四', '张三']);
    const calls = recordRequests(page, (request) => new URL(request.url()).pathname.endsWith('/studies'));
    await page.getByLabel('检查日期从').focus();
    await page.keyboard.type('06202024', { delay: 100 });
    await shows(window, ['赵六', '王五', '李四']);
    await page.getByLabel('到', { exact: true }).focus();
    await page.keyboard.type('12312025', { delay: 100 });
    await shows(window, ['王五', '李四']);
    await page.waitForURL(/start_date=2024-06-20&end_date=2025-12-31/);
    // The year 0002 is nobody's wish: each date is asked for once.
    expect(calls).toHaveLength(2);

    await page.getByRole('combobox', { name: '检查类型' }).selectOption('MR');
    await page.getByText('没有符合条件的检查').waitFor();
    await page.getByRole('button', { name: '清除筛选' }).first().click();
    await shows(window, ['赵六', '王五', '李四', '张三']);
    expect(await page.getByLabel('检查日期从').inputValue()).toBe('');
    await page.getByRole('combobox', { name: '检查类型' }).selectOption('MR');
    await shows(window, ['赵六']);
    await page.waitForURL(/modality=MR/);
    expect(window.faults).toEqual([]);
    await window.close();
  });
});
