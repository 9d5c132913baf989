import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { phantom } from './phantom';
import { Stack, until } from './stack';

const SLICES = 5;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  for (let number = 1; number <= SLICES; number++)
    await stack.put(`slice-${number}.dcm`, phantom({ number, hu: number * 20 }));
  await counted(SLICES);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

interface Worklist {
  items: { id: number; file_count: number }[];
}
/** Studies follow their files. */
const counted = (files: number) =>
  until(`${files} files are counted`, async () => {
    const { items } = await stack.api<Worklist>('GET', '/studies');
    return items.reduce((sum, { file_count }) => sum + file_count, 0) === files ? items : null;
  });
const statuses = async () => {
  const { items } = await stack.api<{ items: { status: string }[] }>('GET', '/image-files/my-images');
  return items.map(({ status }) => status);
};
const inTrash = async () => (await stack.api<{ items: unknown[] }>('GET', '/image-files/trash')).items.length;

async function openStudy(page: Page): Promise<void> {
  await page.getByRole('link', { name: /张三/ }).first().click();
  await page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
}
async function act(page: Page, menu: string, item: string): Promise<void> {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

describe('a whole study', () => {
  it('is archived and comes back, while a message says how far it is', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies');
    await openStudy(page);
    await page.getByRole('button', { name: '更多操作' }).click();
    await page.getByRole('menuitem', { name: '删除整个检查…' }).waitFor();
    await window.shot('whole-study-menu');
    await page.getByRole('menuitem', { name: '归档整个检查', exact: true }).click();
    await page.getByText('正在归档 张三 的检查').waitFor();
    await window.shot('whole-study-running');
    await page.getByText(`${SLICES} 个文件已归档`).waitFor({ timeout: 30_000 });
    expect(await statuses()).toEqual(Array(SLICES).fill('ARCHIVED'));
    await act(page, '更多操作', '取消归档整个检查');
    await page.getByText(`${SLICES} 个文件已取消归档`).waitFor({ timeout: 30_000 });
    expect(await statuses()).toEqual(Array(SLICES).fill('PROCESSED'));
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('says that it is archived, is read all the same, and comes back by a click', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies');
    await openStudy(page);
    const note = page.getByRole('note').filter({ hasText: '归档存储' });
    expect(await note.count()).toBe(0);
    await act(page, '更多操作', '归档整个检查');
    await note.getByText(`${SLICES} 个文件在归档存储中`).waitFor({ timeout: 30_000 });
    // And to whoever comes later, who reads it from there.
    await page.reload();
    await note.getByText(`${SLICES} 个文件在归档存储中`).waitFor({ timeout: 30_000 });
    await page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
    await window.shot('whole-study-archived');
    await note.getByRole('button', { name: '取消归档整个检查' }).click();
    await page.getByText(`${SLICES} 个文件已取消归档`).waitFor({ timeout: 30_000 });
    await note.waitFor({ state: 'detached' });
    expect(await statuses()).toEqual(Array(SLICES).fill('PROCESSED'));
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('is deleted once somebody has read again which one it is, and the trash gives it back', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies');
    await openStudy(page);
    await act(page, '更多操作', '删除整个检查…');
    const dialog = page.getByRole('dialog', { name: '删除整个检查？' });
    await dialog.getByText('张三 · P-0001').waitFor();
    await dialog.getByText(`${SLICES} 个文件会放入回收站`).waitFor();
    await window.shot('whole-study-delete');
    await page.keyboard.press('Escape');
    expect(await inTrash()).toBe(0);

    await act(page, '更多操作', '删除整个检查…');
    await dialog.getByRole('button', { name: '放入回收站' }).click();
    await page.waitForURL(/\/studies$/);
    await page.getByText(`${SLICES} 个文件已放入回收站`).waitFor({ timeout: 30_000 });
    await page.getByText('还没有检查').waitFor();
    expect(await inTrash()).toBe(SLICES);

    await page.getByRole('link', { name: '回收站' }).click();
    const study = page.locator('li[data-study]');
    await study.getByText(`${SLICES} 个文件`).waitFor();
    await study.getByRole('button', { name: '显示文件' }).click();
    await page.getByText('slice-3.dcm').first().waitFor();
    await window.shot('whole-study-trash');
    await study.getByRole('button', { name: '恢复整个检查' }).click();
    await page.getByText(`${SLICES} 个文件已恢复`).waitFor({ timeout: 30_000 });
    await page.getByText('回收站是空的').waitFor();
    await counted(SLICES);
    await page.getByRole('link', { name: '检查', exact: true }).click();
    await openStudy(page);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('is deleted by an administrator who looks at it, and comes back by one click, on a phone in English', async () => {
    const { id } = await stack.api<{ id: number }>('GET', '/me');
    const window = await Window.open(browser, stack, {
      role: 'admin',
      language: 'en',
      width: 390,
      height: 844,
    });
    const { page } = window;
    await window.go(`/studies?uploaded_by=${id}`);
    await openStudy(page);
    await act(page, 'More actions', 'Delete the whole study…');
    const dialog = page.getByRole('dialog', { name: 'Delete the whole study?' });
    await window.shot('whole-study-delete-phone');
    await dialog.getByRole('button', { name: 'Put into the trash' }).click();
    await page.getByText(`${SLICES} files are in the trash`).waitFor({ timeout: 30_000 });
    expect(await inTrash()).toBe(SLICES);
    await window.shot('whole-study-undo-phone');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText(`${SLICES} files were restored`).waitFor({ timeout: 30_000 });
    await counted(SLICES);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);
});
