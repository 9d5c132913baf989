import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, recordRequests, Window } from './browser';
import { dicom, png } from './pictures';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmroom-assign-'));
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function dropped(page: Page, ...paths: string[]): Promise<void> {
  await page.goto(`${stack.url}/images`);
  await page.goto(`${stack.url}/upload`);
  await page.getByText(/拖到这里|Drop files/).waitFor();
  await page.locator('input[type=file]').first().setInputFiles(paths);
  await page.getByText(/全部完成：|All done: /).waitFor({ timeout: 60_000 });
}

interface Listed {
  items: { id: number; patient_id: unknown; description: string | null; original_filename: string }[];
}
const named = (name: string) =>
  stack.api<Listed>('GET', `/image-files/my-images?page_size=100&search=${encodeURIComponent(name)}`);
const ownersOf = async (name: string) => (await named(name)).items.map(({ patient_id }) => patient_id).sort();

const slices = (name: string, seed: number, count: number, patientId: string, patientName: string) =>
  Array.from({ length: count }, (_, index) =>
    file(`${name}-${index}.dcm`, dicom(seed + index, { size: 16, patientId, patientName })),
  );

describe('whose the files of a drop are', () => {
  it('says what it found in the headers, and one confirmation decides for all', async () => {
    await stack.api('PUT', '/patients/P-0001', { name: '张三' });
    await stack.api('PUT', '/patients/P-0003', { name: '李四' });
    const window = await Window.open(browser, stack);
    const { page } = window;
    const assigns = recordRequests(page, (request) => request.url().endsWith('/image-files/assign'));
    await dropped(
      page,
      ...slices('known', 70_000, 6, 'P-0001', 'Zhang^San=张^三'),
      ...slices('new', 71_000, 3, 'P-0002', '王^五'),
      ...slices('differs', 72_000, 2, 'P-0003', '赵^六'),
      file('nobody.png', png(73_000, 8)),
    );
    const found = page.getByRole('region', { name: '文件头中的患者' });
    await found.getByText('6 个文件：张三 (P-0001)').waitFor();
    await found.getByText('3 个文件：王五 (P-0002)').waitFor();
    await found.getByText('2 个文件：赵六 (P-0003)').waitFor();
    await found.getByText('编号 P-0003 相同，但姓名不同').waitFor();
    const choices = await found
      .getByRole('combobox')
      .evaluateAll((all) => all.map((each) => (each as HTMLSelectElement).value));
    expect(choices).toEqual(['give', 'create', 'leave']);
    await window.shot('assign-headers');
    expect(assigns).toEqual([]);
    expect(await ownersOf('known-')).toEqual(Array(6).fill(null));

    await found.getByRole('button', { name: '确认' }).click();
    await page.getByText('6 个文件已归到患者 张三 (P-0001)').waitFor();
    await page.getByText('3 个文件已归到患者 王五 (P-0002)').waitFor();
    await found.waitFor({ state: 'hidden' });
    expect(assigns).toHaveLength(2);
    expect(await ownersOf('known-')).toEqual(Array(6).fill('P-0001'));
    expect(await ownersOf('new-')).toEqual(Array(3).fill('P-0002'));
    expect(await ownersOf('differs-')).toEqual([null, null]);
    expect((await stack.api<{ name: string }>('GET', '/patients/P-0002')).name).toBe('王五');
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('asks on a phone, in English, too, and takes no for an answer', async () => {
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await dropped(page, ...slices('small', 74_000, 2, 'P-0001', 'Zhang^San=张^三'));
    const found = page.getByRole('region', { name: 'Patients in the file headers' });
    await found.getByText('2 files of 张三 (P-0001)').waitFor();
    await found.scrollIntoViewIfNeeded();
    await window.shot('assign-headers-phone');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    await found.getByRole('button', { name: 'Leave all as they are' }).click();
    await found.waitFor({ state: 'hidden' });
    expect(await ownersOf('small-')).toEqual([null, null]);
    await window.close();
  });

  it('gives the chosen files of a list to a patient', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await page.goto(`${stack.url}/images?view=table#search=small-`);
    await page.getByText('共 2 个文件').waitFor();
    await page.getByRole('checkbox', { name: '选择已显示的全部' }).check();
    await page.getByRole('button', { name: '归到患者' }).click();
    const dialog = page.getByRole('dialog', { name: '把 2 个文件归到患者' });
    await dialog.getByRole('combobox').fill('张三');
    await page.getByRole('option', { name: /张三/ }).click();
    await window.shot('assign-selection');
    await dialog.getByRole('button', { name: '确认归入（2 个）' }).click();
    await page.getByText('2 个文件已归到患者').waitFor();
    expect(await ownersOf('small-')).toEqual(['P-0001', 'P-0001']);
    expect(window.faults).toEqual([]);
    await window.close();
  });
});

describe('files that are sent again', () => {
  it('offers back what lies in the trash, with all that was known of it', async () => {
    const bytes = png(80_001, 16);
    const old = await stack.put('again.png', bytes, { description: '术后' });
    await stack.api('DELETE', `/image-files/${old.id}`);
    const window = await Window.open(browser, stack);
    const { page } = window;
    await dropped(page, file('again.png', bytes));
    await page.getByText('有 1 个文件就在您的回收站里').waitFor();
    await window.shot('assign-trash');
    await page.getByRole('button', { name: '恢复回收站中的 1 个' }).click();
    await page.locator('[data-state=duplicate]', { hasText: 'again.png' }).waitFor();
    const { items } = await until('the new copy is gone', async () => {
      const found = await named('again.png');
      return found.items.length === 1 ? found : null;
    });
    expect(items).toMatchObject([{ id: old.id, description: '术后' }]);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('keeps the new one when that is the answer', async () => {
    const bytes = png(80_002, 16);
    const old = await stack.put('newer.png', bytes);
    await stack.api('DELETE', `/image-files/${old.id}`);
    const window = await Window.open(browser, stack, { language: 'en' });
    const { page } = window;
    await dropped(page, file('newer.png', bytes));
    await page.getByRole('button', { name: 'Keep the new ones' }).click();
    await page.getByText('in your trash').waitFor({ state: 'hidden' });
    const { items } = await named('newer.png');
    expect(items.map(({ id }) => id)).not.toContain(old.id);
    await window.close();
  });

  it('stores the same bytes of one drop once', async () => {
    const bytes = png(80_003, 16);
    const window = await Window.open(browser, stack);
    const { page } = window;
    await dropped(page, file('twin-a.png', bytes), file('copy of twin-a.png', bytes));
    await page.getByText('全部完成：就绪 1 个，已有 1 个').waitFor();
    expect((await named('twin-a')).items).toHaveLength(1);
    await window.close();
  });
});
