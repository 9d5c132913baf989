import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { dicom, dicomOf, element, noise, sequence, SYNTAX, uint16, uint32 } from './pictures';
import { Stack } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const object = (storage: string, modality: string, ...elements: Buffer[]) =>
  dicomOf(
    [
      element(0x0008, 0x0005, 'CS', 'ISO_IR 192'),
      element(0x0008, 0x0060, 'CS', modality),
      element(0x0010, 0x0010, 'PN', 'Zhang^San=张^三'),
      element(0x0010, 0x0020, 'LO', 'P-0001'),
      element(0x0020, 0x000d, 'UI', '1.2.826.0.1.3680043.10.8.1'),
      element(0x0020, 0x000e, 'UI', `1.2.826.0.1.3680043.10.8.1.${modality.length}${modality.charCodeAt(0)}`),
      ...elements,
    ],
    Buffer.alloc(0),
    SYNTAX.explicit,
    storage,
  );
const code = (group: number, tag: number, meaning: string, value = 'x') =>
  sequence(group, tag, [
    [
      element(0x0008, 0x0100, 'SH', value),
      element(0x0008, 0x0102, 'SH', '99TEST'),
      element(0x0008, 0x0104, 'LO', meaning),
    ],
  ]);

/** A basic text report with a finding and a measure. */
function report(): Buffer {
  const finding = [
    element(0x0040, 0xa010, 'CS', 'CONTAINS'),
    element(0x0040, 0xa040, 'CS', 'TEXT'),
    code(0x0040, 0xa043, 'Finding'),
    element(0x0040, 0xa160, 'UT', '右肺上叶结节'),
  ];
  const width = [
    element(0x0040, 0xa010, 'CS', 'CONTAINS'),
    element(0x0040, 0xa040, 'CS', 'NUM'),
    code(0x0040, 0xa043, 'Width'),
    sequence(0x0040, 0xa300, [
      [code(0x0040, 0x08ea, 'millimetre', 'mm'), element(0x0040, 0xa30a, 'DS', '12.5')],
    ]),
  ];
  return object(
    '1.2.840.10008.5.1.4.1.1.88.11',
    'SR',
    element(0x0040, 0xa040, 'CS', 'CONTAINER'),
    code(0x0040, 0xa043, 'Chest CT Report'),
    element(0x0040, 0xa491, 'CS', 'COMPLETE'),
    element(0x0040, 0xa493, 'CS', 'UNVERIFIED'),
    sequence(0x0040, 0xa730, [finding, width]),
  );
}

/** Twelve seconds of two leads. */
function ecg(): Buffer {
  const channel = (label: string) => [element(0x003a, 0x0203, 'SH', label)];
  const group = [
    element(0x003a, 0x0005, 'US', uint16(2)),
    element(0x003a, 0x0010, 'UL', uint32(6_000)),
    element(0x003a, 0x001a, 'DS', '500'),
    element(0x003a, 0x0020, 'SH', 'RHYTHM'),
    sequence(0x003a, 0x0200, [channel('Lead I'), channel('Lead II')]),
    element(0x5400, 0x1004, 'US', uint16(16)),
    element(0x5400, 0x1006, 'CS', 'SS'),
    element(0x5400, 0x1010, 'OW', noise(5, 24_000)),
  ];
  return object('1.2.840.10008.5.1.4.1.1.9.1.1', 'ECG', sequence(0x5400, 0x0100, [group]));
}

const PDF = Buffer.concat([Buffer.from('%PDF-1.4\n'), noise(6, 40_000), Buffer.from('\n%%EOF')]);
const pdf = (bytes: Buffer) =>
  object(
    '1.2.840.10008.5.1.4.1.1.104.1',
    'DOC',
    element(0x0042, 0x0010, 'ST', '胸部 CT 报告'),
    element(0x0042, 0x0011, 'OB', bytes),
    element(0x0042, 0x0012, 'LO', 'application/pdf'),
    element(0x0042, 0x0015, 'UL', uint32(bytes.length)),
  );

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

  it('counts what an ECG has, and does not draw it', async () => {
    const file = await stack.put('ecg.dcm', ecg());
    const window = await Window.open(browser, stack, { language: 'en', width: 390, height: 844 });
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=waveform]');
    await panel.getByText('RHYTHM · 2 channels · 12 s × 500 Hz').waitFor();
    await panel.getByText('Lead I, Lead II').waitFor();
    await window.shot('document-ecg-phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)).toBe(false);
    await window.close();
  });

  it.each([
    ['long', PDF],
    ['short', Buffer.from('%PDF-1.4 short')],
  ])('saves the %s PDF inside, byte by byte', async (name, bytes) => {
    const file = await stack.put(`${name}.dcm`, pdf(bytes));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const panel = page.locator('[data-document=document]');
    await panel.getByText('application/pdf').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: '保存其中的文档' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('胸部 CT 报告.pdf');
    expect(readFileSync(await download.path()).equals(bytes)).toBe(true);
    await window.shot(`document-pdf-${name}`);
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
