import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArchive } from './archive';
import { launch, recordRequests, Window } from './browser';
import { drag, measured, use } from './measuring';
import { PHANTOM, phantom } from './phantom';
import { Stack, until } from './stack';

const NOW = '1.2.826.0.1.3680043.10.7.1';
const PRIOR = '1.2.826.0.1.3680043.10.7.2';
const SLICES = 4;
let stack: Stack;
let browser: Browser;
let folder: string;

interface Worklist {
  items: { id: number; file_count: number; series_count: number; patient_id: string | null }[];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmroom-reading-'));
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.api('PUT', '/patients/P-0001', { name: '张三' });
  // The prior has slices twice as far apart.
  for (let number = SLICES; number >= 1; number--) {
    const options = { number, study: PRIOR, date: '20250105', hu: 200 + number * 20 };
    const position = `0\\0\\${number * 4}`;
    await stack.put(`prior-${number}.dcm`, phantom({ ...options, position }), { patient_id: 'P-0001' });
  }
  await counted(1, SLICES);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Studies follow their files. */
const counted = (studies: number, files: number) =>
  until(`${studies} studies of ${files} files are counted`, async () => {
    const { items } = await stack.api<Worklist>('GET', '/studies');
    const sum = items.reduce((all, { file_count }) => all + file_count, 0);
    return items.length === studies && sum === files ? items : null;
  });

/** A CT of two series, as a folder has it: in no order. */
function folderOfNow(): string[] {
  const paths: string[] = [];
  const write = (name: string, options: Parameters<typeof phantom>[0]) => {
    const path = join(folder, name);
    writeFileSync(path, phantom({ study: NOW, ...options }));
    paths.push(path);
  };
  const bone = { series: `${NOW}.2`, seriesNumber: 2, description: 'Bone 1.0' };
  for (let number = SLICES; number >= 1; number--) {
    write(`IM-${number}.dcm`, { number, hu: number * 20 });
    write(`IM-2${number}.dcm`, { ...bone, number, hu: 100 + number * 20 });
  }
  return paths;
}

const stage = (page: Page, which = 0) => page.locator('[role=application][data-ready]').nth(which);
const atFrame = (page: Page, frame: number, which = 0) =>
  until(`slice ${frame} is shown`, async () =>
    (await stage(page, which).getAttribute('data-frame')) === String(frame) ? true : null,
  );

describe('a doctor', () => {
  it('drops a CT, finds the patient, reads it, measures, compares it with the prior and downloads it', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/');
    await page.getByText('共 1 个检查').waitFor();

    // Drop.
    await page.getByRole('main').getByRole('link', { name: '上传' }).click();
    await page.getByText('拖到这里').waitFor();
    await page.locator('input[type=file]').first().setInputFiles(folderOfNow());
    const found = page.getByRole('region', { name: '文件头中的患者' });
    await found.getByText('8 个文件：张三 (P-0001)').waitFor({ timeout: 60_000 });
    await found.getByRole('button', { name: '确认' }).click();
    await page.getByText('8 个文件已归到患者 张三 (P-0001)').waitFor();

    // Find.
    await page.getByRole('navigation').getByRole('link', { name: '检查' }).click();
    await page.getByText('共 2 个检查').waitFor();
    await window.shot('worklist');
    await page.keyboard.press('/');
    await page.keyboard.type('张三');
    await page.waitForURL(/#search=/);
    await page.getByText('共 2 个检查').waitFor();
    await page.keyboard.press('ArrowDown');
    await until('the first study has the focus', () =>
      page.evaluate(() => document.activeElement?.getAttribute('data-index') === '0' || null),
    );
    await page.keyboard.press('Enter');

    // Read.
    await page.getByRole('heading', { name: '张三' }).waitFor();
    await stage(page).waitFor({ timeout: 30_000 });
    await atFrame(page, 1);
    // The row of a study follows within two seconds. Until then the page asks above the picture whose it is, and the picture moves when it asks no more.
    await page.getByText('这个检查还没有归到任何患者').waitFor({ state: 'hidden' });
    await until('the picture has the keys', () =>
      page.evaluate(() => document.activeElement?.getAttribute('role') === 'application' || null),
    );
    await page.keyboard.press('ArrowDown');
    await atFrame(page, 2);
    await window.shot('study');

    // Measure.
    await use(page, '测量长度');
    await drag(page, [40, 100], [160, 100]);
    await measured(page, 'length', 120 * PHANTOM.spacing);
    await window.shot('study-measured');
    await page.getByRole('button', { name: /Bone 1\.0/ }).click();
    await page.waitForURL(/series=/);
    await stage(page).waitFor();
    await page.getByRole('button', { name: /Lung 1\.0/ }).click();
    await stage(page).waitFor();

    // Compare.
    await page.getByRole('button', { name: '对比', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: /2025/ }).waitFor();
    await window.shot('compare-choice');
    await dialog.getByRole('button', { name: /Lung 1\.0/ }).click();
    await page.waitForURL(/beside=/);
    await stage(page, 1).waitFor({ timeout: 30_000 });
    await stage(page).focus();
    await page.keyboard.press('End');
    await atFrame(page, SLICES);
    // Three slices of 2 mm are one and a half of 4 mm.
    await until('the prior follows by as many millimetres', async () =>
      ['2', '3'].includes((await stage(page, 1).getAttribute('data-frame')) ?? '') ? true : null,
    );
    await page.keyboard.press('Home');
    await atFrame(page, 1, 1);
    await page.keyboard.press('PageDown');
    await window.shot('compare');
    await page.getByLabel('同步翻页').uncheck();
    await page.keyboard.press('Home');
    await stage(page).focus();
    await page.keyboard.press('Home');
    await atFrame(page, 1);

    // Download.
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载检查' }).click(),
    ]);
    expect(await download.failure()).toBeNull();
    expect(download.suggestedFilename()).toBe('张三 2026-01-05 CT.zip');
    const files = [...readArchive(readFileSync(await download.path())).keys()].sort();
    expect(files).toHaveLength(2 * SLICES);
    expect(files[0]).toMatch(/^001\//);
    const [series] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载这个序列' }).first().click(),
    ]);
    expect([...readArchive(readFileSync(await series.path())).keys()]).toHaveLength(SLICES);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 180_000);

  it('shares a comparison by its address, and goes from study to study and back to the list', async () => {
    await counted(2, 3 * SLICES);
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/studies?sort=study_date#search=P-0001');
    await page.getByText('共 2 个检查').waitFor();
    await page.getByRole('link', { name: /张三/ }).first().click();
    await page.getByText('2025年1月5日').first().waitFor();
    await stage(page).waitFor({ timeout: 30_000 });
    await page.getByRole('link', { name: '下一个检查' }).click();
    await page.getByText('2026年1月5日').first().waitFor();
    await stage(page).waitFor({ timeout: 30_000 });
    await page.keyboard.press('[');
    await page.getByText('2025年1月5日').first().waitFor();
    await page.getByRole('link', { name: '返回检查列表' }).click();
    await page.waitForURL(/sort=study_date#search=P-0001/);

    await page.getByRole('link', { name: /张三/ }).last().click();
    await page.getByRole('button', { name: '对比', exact: true }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Bone 1\.0/ })
      .click();
    await page.waitForURL(/beside=/);
    await page.reload();
    await stage(page, 1).waitFor({ timeout: 30_000 });
    await page.getByRole('region', { name: /Bone 1\.0/ }).waitFor();
    await page.getByRole('button', { name: '结束对比' }).click();
    await page.waitForURL((url) => !url.search.includes('beside'));
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('gives a study that belongs to nobody to the patient whom its files name, once somebody says so', async () => {
    await stack.api('PUT', '/patients/P-0002', { name: '李四' });
    const study = '1.2.826.0.1.3680043.10.7.3';
    const options = { study, patientId: 'P-0002', patientName: 'Li^Si=李^四', date: '20240301' };
    for (let number = 1; number <= 2; number++)
      await stack.put(`other-${number}.dcm`, phantom({ ...options, number, hu: 300 + number }));
    await counted(3, 3 * SLICES + 2);
    const window = await Window.open(browser, stack);
    const { page } = window;
    const assigns = recordRequests(page, (request) => request.url().endsWith('/image-files/assign'));
    const listings = recordRequests(page, (request) => /\/studies\/\d+\/files/.test(request.url()));
    await window.go('/studies?end_date=2024-12-31');
    await page.getByRole('link', { name: /李四/ }).click();
    const note = page.getByRole('note').filter({ hasText: '还没有归到任何患者' });
    await note.getByText('李四, P-0002').waitFor();
    await window.shot('study-of-nobody');
    await note.getByRole('button', { name: '归到患者' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[value*="李四"]').waitFor();
    await dialog.getByRole('button', { name: '确认归入' }).click();
    await page.getByText('2 个文件已归到患者').waitFor();
    await note.waitFor({ state: 'detached' });
    // The study is named, and nobody asks for its files first.
    expect(assigns).toHaveLength(1);
    expect(listings).toEqual([]);

    // Who made a mistake gives all of it to somebody else.
    await stack.api('PUT', '/patients/P-0009', { name: '赵六' });
    await page.getByRole('button', { name: '更多操作' }).click();
    await page.getByRole('menuitem', { name: '归到患者…' }).click();
    await dialog.getByText('现在属于患者 P-0002').waitFor();
    await dialog.getByRole('combobox').fill('赵六');
    await page.getByRole('option', { name: /赵六/ }).click();
    await window.shot('study-to-another');
    await dialog.getByRole('button', { name: '确认归入（2 个）' }).click();
    await page.getByText('2 个文件已归到患者 P-0009').waitFor();
    await page.getByText('图像中的患者与所选患者不一致').first().waitFor();
    await page.getByRole('button', { name: '更多操作' }).click();
    await page.getByRole('menuitem', { name: '归到患者…' }).click();
    await dialog.getByText('现在属于患者 P-0009').waitFor();
    await dialog.getByRole('combobox').fill('李四');
    await page.getByRole('option', { name: /李四/ }).click();
    await dialog.getByRole('button', { name: '确认归入（2 个）' }).click();
    await page.getByText('2 个文件已归到患者 P-0002').last().waitFor();
    await page.getByText('图像中的患者与所选患者不一致').first().waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'P-0002' }).click();
    await page.getByRole('heading', { name: '李四' }).waitFor();
    await page.getByRole('link', { name: /CT CHEST/ }).click();
    await page.waitForURL(/\/studies\/\d+$/);
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it('is watched over by an administrator, who chooses whose studies to see', async () => {
    const { id } = await stack.api<{ id: number }>('GET', '/me');
    const window = await Window.open(browser, stack, { role: 'admin', dark: true });
    const { page } = window;
    await window.go('/studies');
    await page.getByText('您自己还没有上传过检查').waitFor();
    await page.getByRole('combobox', { name: '上传者' }).click();
    await page.getByRole('option', { name: stack.nameOf('user') }).click();
    await page.waitForURL(new RegExp(`uploaded_by=${id}`));
    await page.getByRole('link', { name: /张三/ }).first().click();
    await page.waitForURL(new RegExp(`/studies/\\d+\\?uploaded_by=${id}`));
    await stage(page).waitFor({ timeout: 30_000 });
    await window.shot('study-admin-dark');

    // Who does not know whose it is finds a file of it among everybody's, and from there the study.
    await window.go('/studies?modality=CT#search=IM-2');
    await page.getByRole('link', { name: '所有人的影像' }).click();
    await page.waitForURL(/\/images\?modality=CT#search=IM-2$/);
    await page
      .getByText(/IM-2\d\.dcm/)
      .first()
      .click();
    await page.getByRole('link', { name: '打开检查' }).click();
    await page.waitForURL(new RegExp(`/studies/\\d+\\?uploaded_by=${id}&series=\\d+`));
    await page.getByRole('region', { name: /Bone 1\.0/ }).waitFor();
    await stage(page).waitFor({ timeout: 30_000 });
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it.each([
    { device: 'phone', width: 390, height: 844 },
    { device: 'tablet', width: 820, height: 1180 },
  ])('reads on a $device, in English', async ({ device, width, height }) => {
    const window = await Window.open(browser, stack, { language: 'en', width, height });
    const { page } = window;
    await window.go('/studies');
    await page.getByText('3 studies').waitFor();
    await window.shot(`worklist-${device}`);
    await page.getByRole('link', { name: /张三/ }).first().click();
    await stage(page).waitFor({ timeout: 30_000 });
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
    expect(sideways).toBe(false);
    await window.shot(`study-${device}`);
    await window.close();
  });
});
