import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { png } from './pictures';
import { Stack, until } from './stack';

/** More than a page of the list, and more than fit on the screen. */
const MANY = 60;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  const names = Array.from({ length: MANY }, (_, index) => `photo-${index}.png`);
  await Promise.all(names.map((name, index) => trashed(name, index)));
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** A file of the user that somebody has deleted. */
async function trashed(name: string, seed: number, by = 'user'): Promise<void> {
  const { id } = await stack.put(name, png(seed, 8));
  await stack.api('DELETE', `/image-files/${id}`, undefined, by);
}

/** What somebody asks who is not the first demo user with their role. */
async function as(name: string, method: string, path: string): Promise<{ id: number }> {
  const token = stack.users.find((user) => user.name === name)?.token;
  const response = await fetch(`${stack.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { id: number };
}

const rows = 'main li[aria-posinset]';

describe('the trash', () => {
  it('has only the rows in view on the page, and finds and restores many files at once', async () => {
    for (const [index, by] of ['user', 'user', 'admin'].entries()) {
      await trashed(`cover-${index}.png`, 100 + index, by);
    }
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/trash');
    const row = (name: string) => page.locator(rows, { hasText: name });
    await row('cover-2.png').getByText('由管理员删除').waitFor();
    await row('cover-1.png').getByText('由您删除').waitFor();
    await until('the last row is in view', async () => {
      await page.keyboard.press('End');
      return (await page.locator(`${rows}[aria-posinset="${MANY + 3}"]`).count()) > 0 ? true : null;
    });
    expect(await page.locator(rows).count()).toBeLessThan(MANY / 2);

    await page.getByLabel('搜索文件名或描述').fill('cover');
    await page.waitForURL(/#search=cover$/);
    await row('photo-').first().waitFor({ state: 'detached' });
    await page.getByLabel('选择已显示的全部').check();
    const bar = page.getByRole('toolbar', { name: '已选 3 个' });
    await bar.waitFor();
    await page.getByLabel('选择 cover-1.png').uncheck();
    await window.shot('trash-chosen');
    await page.getByRole('button', { name: '恢复所选的 2 个' }).click();
    await page.getByText('已恢复 2 个文件').waitFor();
    await row('cover-0.png').waitFor({ state: 'detached' });
    expect(await page.locator(rows).allInnerTexts()).toEqual([expect.stringContaining('cover-1.png')]);
    const { items } = await stack.api<{ items: { original_filename: string }[] }>(
      'GET',
      '/image-files/my-images',
    );
    expect(items.map(({ original_filename }) => original_filename).sort()).toEqual([
      'cover-0.png',
      'cover-2.png',
    ]);
    await page.getByLabel('搜索文件名或描述').fill('nothing');
    await page.getByText('没有符合条件的文件').waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('names whoever deleted a file to an administrator', async () => {
    const colleague = 'Dr. Smith';
    const { id } = await as(colleague, 'GET', '/me');
    await stack.api('PATCH', `/users/${id}`, { role: 'admin' }, 'admin');
    const file = await stack.put('of-the-admin.png', png(200, 8), {}, 'admin');
    await as(colleague, 'DELETE', `/image-files/${file.id}`);
    const window = await Window.open(browser, stack, {
      role: 'admin',
      language: 'en',
      width: 390,
      height: 844,
    });
    await window.go('/trash');
    await window.page.getByText(`Deleted by ${colleague}`).waitFor();
    await window.shot('trash-phone');
    await window.close();
  });
});
