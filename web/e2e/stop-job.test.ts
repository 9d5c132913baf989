import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, measured, Window } from './browser';
import { dicom } from './pictures';
import { Stack, until } from './stack';

/** So many that a job about them is still at it when somebody has read what it does. */
const FILES = 300;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  const begun = Date.now();
  await stack.putStudy(FILES, 10, (number) => [`${number}.dcm`, dicom(number, { size: 16 })]);
  measured(`uploading ${FILES} files`, `${Date.now() - begun} ms`);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

interface Job {
  id: number;
  status: string;
  done: number;
  total: number;
}
const archived = async () =>
  (await stack.api<{ total: number }>('GET', '/image-files/my-images?status=ARCHIVED&page_size=1')).total;

it('a job about a whole study is stopped by a click, and what is done stays done', async () => {
  const window = await Window.open(browser, stack);
  const { page } = window;
  await window.go('/studies');
  await page.getByRole('link', { name: /TEST/ }).click();
  await page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
  const begins = page.waitForResponse((response) => /\/studies\/\d+\/archive/.test(response.url()));
  await page.getByRole('button', { name: '更多操作', exact: true }).click();
  await page.getByRole('menuitem', { name: '归档整个检查', exact: true }).click();
  const { job } = (await (await begins).json()) as { job: Job };
  const now = () => stack.api<Job>('GET', `/jobs/${job.id}`);
  await until('some files are done', async () => ((await now()).done > 0 ? true : null));
  await page.getByRole('button', { name: '停止', exact: true }).click();
  await page.getByText('已停止').waitFor({ timeout: 30_000 });
  await window.shot('stop-job');
  const { status, total } = await now();
  expect(status).toBe('CANCELLED');
  expect(total).toBe(FILES);
  await page.getByText(new RegExp(`已停止：${FILES} 个文件中至少 \\d+ 个已处理，其余保持不变`)).waitFor();

  // The stop took nothing back, no file followed, and the job counts the files that it was doing then.
  await page.reload();
  await page.getByText(/\d+ 个文件在归档存储中/).waitFor({ timeout: 30_000 });
  const kept = await archived();
  expect(kept).toBeLessThan(FILES);
  await until('the job has counted what is done', async () => ((await now()).done === kept ? true : null));
  await page.getByText(`${kept} 个文件在归档存储中`).waitFor();
  expect(window.faults).toEqual([]);
  await window.close();
}, 120_000);
