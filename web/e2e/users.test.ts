import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { png } from './pictures';
import { Stack } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.put('photo.png', png(1));
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

interface Person {
  id: number;
  name: string;
  role: string;
  disabled: boolean;
}

const person = async (name: string) => {
  const { items } = await stack.api<{ items: Person[] }>('GET', '/users', undefined, 'admin');
  return items.find((one) => one.name === name)!;
};

describe('the page of users', () => {
  it('lets an administrator give the role of one, and take it, and changes nobody by accident', async () => {
    const name = stack.nameOf('user');
    const window = await Window.open(browser, stack, { role: 'admin' });
    const { page } = window;
    await window.go('/images');
    await page.getByRole('button', { name: /^账户/ }).click();
    await page.getByRole('menuitem', { name: '用户管理' }).click();
    const row = page.getByRole('row').filter({ hasText: name });
    await row.getByRole('button', { name: `设为管理员: ${name}` }).click();
    await row.getByRole('button', { name: `取消管理员: ${name}` }).waitFor();
    expect((await person(name)).role).toBe('admin');
    await row.getByRole('button', { name: `取消管理员: ${name}` }).click();
    await row.getByRole('button', { name: `设为管理员: ${name}` }).waitFor();
    expect((await person(name)).role).toBe('user');
    // Nobody changes themselves.
    const own = page.getByRole('row').filter({ hasText: '您自己' });
    await own.waitFor();
    expect(await own.getByRole('button').count()).toBe(0);
    await row.getByRole('button', { name: `停用: ${name}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: '停用' }).waitFor();
    await page.keyboard.press('Escape');
    expect((await person(name)).disabled).toBe(false);
    await window.shot('users');
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('tells somebody who is disabled what is wrong, and does not send them to sign in again', async () => {
    const name = stack.nameOf('user');
    const admin = await Window.open(browser, stack, { role: 'admin', language: 'en' });
    await admin.go('/users');
    const row = admin.page.getByRole('row').filter({ hasText: name });
    await row.getByRole('button', { name: `Disable: ${name}` }).click();
    await admin.page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await row.getByText('Disabled').waitFor();
    // A function that knows them from before may let them in for a minute: this one has not met them.
    const window = await Window.open(browser, stack);
    await window.go('/statistics');
    await window.page.getByText('您的账户已被停用').first().waitFor();
    expect(await window.page.getByText('登录已过期').count()).toBe(0);
    await row.getByRole('button', { name: `Enable: ${name}` }).click();
    await row.getByRole('button', { name: `Disable: ${name}` }).waitFor();
    expect((await person(name)).disabled).toBe(false);
    await Promise.all([admin.close(), window.close()]);
  });

  it('is not for others', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images');
    await window.page.getByRole('button', { name: /^账户/ }).click();
    await window.page.getByRole('menuitem', { name: '退出' }).waitFor();
    expect(await window.page.getByRole('menuitem', { name: '用户管理' }).count()).toBe(0);
    await window.go('/users');
    await window.page.getByText('您没有权限').first().waitFor();
    await window.close();
  });
});

describe('the uploader of a list', () => {
  it('is chosen by name, and an address with it shows the name', async () => {
    const name = stack.nameOf('user');
    const window = await Window.open(browser, stack, { role: 'admin' });
    const { page } = window;
    await window.go('/images?view=table');
    const uploader = page
      .getByRole('combobox', { name: '上传者' })
      .or(page.getByRole('textbox', { name: '上传者' }));
    await uploader.first().click();
    await page.getByRole('option', { name }).click();
    await page.waitForURL(/uploaded_by=\d+/);
    await page.getByText('photo.png').first().waitFor();
    await page.reload();
    await page.getByText('photo.png').first().waitFor();
    await expect.poll(() => uploader.first().inputValue()).toBe(name);
    await window.close();
  });
});
