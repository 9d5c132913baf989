import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { png } from './pictures';
import { Stack } from './stack';

let stack: Stack;
let browser: Browser;
let file: number;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.api('PUT', '/patients/P-1', { name: '张三' });
  const created = await stack.put('film.png', png(1), { patient_id: 'P-1' });
  file = created.id;
  await stack.api('GET', `/image-files/${file}`);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const MENU = { zh: '审计', en: 'Audit' };

describe('the audit log', () => {
  it('is for administrators only', async () => {
    const window = await Window.open(browser, stack, { role: 'user' });
    await window.go('/images');
    await window.page.getByRole('link', { name: '影像', exact: true }).waitFor();
    expect(await window.page.getByRole('link', { name: MENU.zh, exact: true }).count()).toBe(0);
    await window.go('/audit');
    await window.page.locator('main h1, main h2').first().waitFor();
    expect(await window.page.getByLabel('操作人编号').count()).toBe(0);
    await window.close();
  });

  it('answers by file, patient and person, and names no patient in what servers see of the address', async () => {
    const window = await Window.open(browser, stack, { role: 'admin' });
    const { page } = window;
    await window.go('/images');
    // Only what was answered is an entry.
    await page.getByText(/共 \d+ 个文件/).waitFor();
    await page.getByRole('link', { name: MENU.zh, exact: true }).click();
    await page.getByRole('heading', { name: '审计记录' }).waitFor();
    expect(await page.getByRole('button', { name: '查询' }).isDisabled()).toBe(true);
    await page.getByLabel('文件编号').fill(String(file));
    await page.getByRole('button', { name: '查询' }).click();
    await page.getByRole('cell', { name: '上传', exact: true }).waitFor();
    await page.getByRole('cell', { name: '浏览列表' }).first().waitFor();
    await page.getByLabel('文件编号').fill('');
    await page.getByLabel('患者编号').fill('P-1');
    await page.getByRole('button', { name: '查询' }).click();
    await page.getByRole('cell', { name: '修改', exact: true }).waitFor();
    const address = new URL(page.url());
    expect(address.search).toBe('');
    expect(address.hash).toBe('#patient_id=P-1');
    await window.shot('audit');
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('exports everything that was asked for, for spreadsheets and for programs', async () => {
    const window = await Window.open(browser, stack, { role: 'admin', language: 'en' });
    const { page } = window;
    await window.go('/audit#patient_id=P-1');
    await page.getByRole('cell', { name: 'Changed', exact: true }).waitFor();
    const saved = async (kind: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Export ${kind}` }).click(),
      ]);
      return readFileSync(await download.path(), 'utf8');
    };
    const entries = JSON.parse(await saved('JSON')) as { action: string; patient_id: string }[];
    expect(entries.every(({ patient_id }) => patient_id === 'P-1')).toBe(true);
    expect(entries.map(({ action }) => action)).toContain('upload');
    const lines = (await saved('CSV')).trim().split('\r\n');
    expect(lines.length).toBe(entries.length + 1);
    expect(lines[0]).toBe(
      'at,actor_id,actor_name,action,file_id,files,studies,patient_id,patients,user_id,ip,user_agent,request_id',
    );
    await page.getByRole('status').getByText('exported').waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  });
});
