import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, recordRequests, Window } from './browser';
import { ecg, pdf, printed, report } from './objects';
import { dicom } from './pictures';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** What stands in a file that says it is a PDF, and is none. */
const NO_PDF = Buffer.from('%PDF-1.4 short');

describe('an object that is no picture', () => {
  it('says what a report says, and that nobody has verified it', async () => {
    const file = await stack.put('report.dcm', report());
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=structured_report]');
    await panel.getByText('Chest CT Report').waitFor();
    await panel.getByText('右肺上叶结节').waitFor();
    await panel.getByText('12.5 mm').waitFor();
    await panel.getByText('未审核').waitFor();
    await window.shot('document-report');
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('draws an ECG on paper: 25 mm for a second, 10 mm for a millivolt', async () => {
    const file = await stack.put('ecg.dcm', ecg());
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=waveform]');
    await panel.getByText('RHYTHM · 2 个通道 · 12 s × 500 Hz').waitFor();
    await panel.getByText('走纸速度 25 mm/s，增益 10 mm/mV').waitFor();
    const trace = panel.locator('path[data-channel="Lead I"]');
    await trace.waitFor({ state: 'attached' });
    const drawn = await trace.evaluate((path) => {
      const svg = (path as SVGPathElement).ownerSVGElement!;
      const { width, height } = (path as SVGPathElement).getBBox();
      // CSS has 96 pixels to 25.4 mm.
      return { width, height, millimetre: svg.getBoundingClientRect().width / svg.viewBox.baseVal.width };
    });
    expect(drawn.width).toBeCloseTo(12 * 25, 0);
    expect(drawn.height).toBeCloseTo(10, 3);
    expect(drawn.millimetre).toBeCloseTo(96 / 25.4, 1);
    expect(await panel.locator('path[data-channel="Lead II"]').count()).toBe(0);
    await panel.getByText('未绘制 Lead II').waitFor();
    await window.shot('document-ecg');
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('reads of a recording of a day only the strip that is looked at, on a phone in English', async () => {
    const file = await stack.put('holter.dcm', ecg({ seconds: 95, sensitivity: '10' }));
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    const parts = recordRequests(page, (request) => (request.headers()['range'] ?? '') !== '');
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=waveform]');
    await panel.getByText('0–10 / 95 s').waitFor();
    const height = () =>
      panel
        .locator('path[data-channel="Lead I"]')
        .evaluate((path) => (path as SVGPathElement).getBBox().height);
    await panel.locator('path[data-channel="Lead I"]').waitFor({ state: 'attached' });
    expect(await height()).toBeCloseTo(20, 3);
    await window.shot('document-ecg-phone');
    await panel.getByRole('button', { name: 'Later' }).click();
    await panel.getByText('10–20 / 95 s').waitFor();
    await panel.getByRole('slider').press('End');
    await panel.getByText('90–95 / 95 s').waitFor();
    await until('three strips have been read', () => Promise.resolve(parts.length === 3 || null));
    const sizes = parts.map((request) => {
      const [, from = 0, to = 0] = /bytes=(\d+)-(\d+)/.exec(request.headers()['range'] ?? '') ?? [];
      return Number(to) - Number(from) + 1;
    });
    expect(sizes).toEqual([20_000, 20_000, 10_000]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)).toBe(false);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('does not draw a curve of which nobody knows how high it is', async () => {
    const file = await stack.put('no-scale.dcm', ecg({ sensitivity: null }));
    const window = await Window.open(browser, stack, { language: 'en' });
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=waveform]');
    await panel.getByText('RHYTHM · 2 channels · 12 s × 500 Hz').waitFor();
    await panel.getByText('Lead I, Lead II').waitFor();
    expect(await panel.locator('path[data-channel]').count()).toBe(0);
    await window.close();
  });

  it('shows the PDF inside, under the policy of the page, and saves it byte by byte', async () => {
    const bytes = printed(3);
    const file = await stack.put('long.dcm', pdf(bytes));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=document]');
    await panel.getByText('共 3 页').waitFor();
    const first = panel.locator('canvas[data-page="1"][data-drawn]');
    await first.waitFor({ timeout: 30_000 });
    await panel.getByText('Chest CT, page 1 胸部平扫').waitFor({ state: 'attached' });
    const red = await first.evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext('2d');
      return [...(context?.getImageData((122 / 595) * width, (292 / 842) * height, 1, 1).data ?? [])];
    });
    expect(red).toEqual([255, 0, 0, 255]);
    await window.shot('document-pdf');
    await panel.getByRole('button', { name: '放大' }).click();
    await until('the page is larger', async () => ((await first.boundingBox())!.width > 1_000 ? true : null));
    expect(await page.locator('iframe').count()).toBe(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: '保存其中的文档' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('胸部 CT 报告.pdf');
    expect(readFileSync(await download.path()).equals(bytes)).toBe(true);
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('shows a PDF on a phone, in English', async () => {
    const file = await stack.put('phone.dcm', pdf(printed(1)));
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await window.go(`/images/${file.id}`);
    await page.locator('canvas[data-page="1"][data-drawn]').waitFor({ timeout: 30_000 });
    await window.shot('document-pdf-phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)).toBe(false);
    await window.close();
  });

  it('says that a damaged PDF cannot be shown, and saves it all the same', async () => {
    const file = await stack.put('short.dcm', pdf(NO_PDF));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=document]');
    await panel.getByText('这里无法显示这个文档').waitFor({ timeout: 30_000 });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: '保存其中的文档' }).click(),
    ]);
    expect(readFileSync(await download.path()).equals(NO_PDF)).toBe(true);
    await window.shot('document-pdf-damaged');
    expect(window.faults).toEqual([]);
    await window.close();
  });
});

describe('the elements of a file', () => {
  it('are all there, and are found by tag, name and value', async () => {
    const file = await stack.put('film.dcm', dicom(7, { patientName: 'Zhang^San=张^三' }));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    await page.getByRole('link', { name: '查看全部数据元素' }).click();
    await page.getByText("Patient's Name").waitFor();
    await page.getByText('(7FE0,0010)').waitFor();
    await window.shot('elements');
    const rows = page.locator('tbody tr');
    await page.getByRole('searchbox').fill('张');
    await page.waitForURL(/#search=/);
    await page.getByText('1 个数据元素').waitFor();
    expect(await rows.count()).toBe(1);
    await page.getByRole('searchbox').fill('0028,0010');
    await page.getByText('Rows').waitFor();
    await page.getByRole('searchbox').fill('no such element');
    await page.getByText('没有符合的数据元素').waitFor();
    await page.getByRole('link', { name: '返回文件' }).click();
    await page.getByRole('heading', { name: 'film.dcm' }).waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('stay readable on a phone, with sequences', async () => {
    const file = await stack.put('report-2.dcm', report());
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await window.go(`/images/${file.id}/dicom`);
    await page.getByText('Concept Name Code Sequence').first().waitFor();
    await window.shot('elements-phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)).toBe(false);
    await window.close();
  });
});
