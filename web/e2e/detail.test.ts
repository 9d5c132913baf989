import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import {
  detectorPng,
  dicom,
  dicomOf,
  element,
  fragments,
  layout,
  pattern,
  png,
  sequence,
  SYNTAX,
  words,
} from './pictures';
import { Stack, until, WEB } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const SIZE = 64;
const BLOCK = 8;

/** Blocks of one brightness each: their centres survive being enlarged. */
const blocks = (seed: number) => (x: number, y: number) =>
  pattern(seed)(Math.floor(x / BLOCK) * 13, Math.floor(y / BLOCK) * 29, 0);

/** Brightness of the canvas in the centre of every block, row by row. */
function shownBlocks(page: Page): Promise<number[]> {
  return page.evaluate((perSide) => {
    const canvas = document.querySelector<HTMLCanvasElement>('[role=application] canvas');
    const context = canvas?.getContext('2d');
    if (!canvas || !context) throw new Error('no canvas');
    const side = Math.min(canvas.width, canvas.height);
    const [left, top] = [(canvas.width - side) / 2, (canvas.height - side) / 2];
    return Array.from({ length: perSide * perSide }, (_, index) => {
      const x = left + (((index % perSide) + 0.5) * side) / perSide;
      const y = top + ((Math.floor(index / perSide) + 0.5) * side) / perSide;
      return context.getImageData(Math.round(x), Math.round(y), 1, 1).data[0] ?? -1;
    });
  }, SIZE / BLOCK);
}

function expectedBlocks(pixel: (x: number, y: number) => number): number[] {
  const perSide = SIZE / BLOCK;
  return Array.from({ length: perSide * perSide }, (_, index) =>
    pixel((index % perSide) * BLOCK, Math.floor(index / perSide) * BLOCK),
  );
}

const worst = (shown: number[], expected: number[]) =>
  Math.max(...shown.map((value, index) => Math.abs(value - (expected[index] ?? Infinity))));

async function openImage(window: Window, id: number): Promise<void> {
  await window.go(`/images/${id}`);
  await window.page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
}

describe('an image', () => {
  it('shows the pixels of a DICOM file as they are, and changes them with the window', async () => {
    const file = await stack.put('blocks.dcm', dicom(1, { size: SIZE, pixel: blocks(1) }));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await openImage(window, file.id);
    const expected = expectedBlocks(blocks(1));
    await until('the picture is right', async () =>
      worst(await shownBlocks(page), expected) <= 3 ? true : null,
    );
    await window.shot('viewer');

    const box = (await page.locator('[role=application]').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 + 120, { steps: 5 });
    await page.mouse.up();
    await until('the window changed', async () =>
      worst(await shownBlocks(page), expected) > 12 ? true : null,
    );

    await page.locator('[role=application]').focus();
    await page.keyboard.press('0');
    await until('it is as before', async () => (worst(await shownBlocks(page), expected) <= 3 ? true : null));
    await page.keyboard.press('+');
    await until('it is larger', async () => (worst(await shownBlocks(page), expected) > 12 ? true : null));
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it.each([
    [400, 40, 'LINEAR'],
    [2000, 40.5, 'LINEAR'],
    [100, 40, 'LINEAR_EXACT'],
    [350, 50, 'SIGMOID'],
  ])('says the window of the file: %d, %d, %s', async (width, center, shape) => {
    const bytes = dicomOf(
      [
        ...layout({ signed: true }),
        element(0x0028, 0x1050, 'DS', String(center)),
        element(0x0028, 0x1051, 'DS', String(width)),
        element(0x0028, 0x1056, 'CS', shape),
      ],
      element(0x7fe0, 0x0010, 'OW', words(Array.from({ length: 60 * 44 }, (_, at) => at - 1000 + width))),
    );
    const file = await stack.put('window.dcm', bytes);
    const window = await Window.open(browser, stack);
    const { page } = window;
    await openImage(window, file.id);
    const says = (w: number, l: number) => page.getByText(`窗宽 ${w} 窗位 ${l}`).waitFor();
    await says(width, center);

    const presets = page.getByRole('combobox');
    const chosen = () => presets.evaluate((list: HTMLSelectElement) => list.selectedOptions[0]?.text);
    expect(await chosen()).toBe('默认');
    for (let time = 0; time < 2; time++) {
      await presets.selectOption('presetLung');
      await says(1500, -600);
      expect(await chosen()).toBe('肺窗');
      await page.getByRole('button', { name: '还原' }).click();
      await says(width, center);
      await until('the list says so', async () => ((await chosen()) === '默认' ? true : null));
    }
    await presets.selectOption('presetBrain');
    await says(80, 40);
    await presets.selectOption('');
    await says(width, center);

    const box = (await page.locator('[role=application]').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 + 40, { steps: 4 });
    await page.mouse.up();
    await until('the window is none of the list', async () => ((await chosen()) === '自定义' ? true : null));
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('offers no windows in units where a table made levels of them', async () => {
    const table = [
      element(0x0028, 0x3002, 'US', words([256, 0, 8])),
      element(0x0028, 0x3006, 'OW', words(Array.from({ length: 256 }, (_, at) => 255 - at))),
    ];
    const pixels = element(
      0x7fe0,
      0x0010,
      'OB',
      Buffer.from(Array.from({ length: 60 * 44 }, (_, at) => at & 255)),
    );
    const bytes = dicomOf([...layout({ allocated: 8 }), sequence(0x0028, 0x3010, [table])], pixels);
    const file = await stack.put('table.dcm', bytes);
    const window = await Window.open(browser, stack);
    await openImage(window, file.id);
    expect(await window.page.getByRole('combobox').count()).toBe(0);
    await window.close();
  });

  it('steps through the frames of a clip', async () => {
    const grey = (frame: number) => 20 + frame * 40;
    const clip = dicom(2, { size: SIZE, frames: 5, pixel: (_x, _y, frame) => grey(frame), modality: 'US' });
    const file = await stack.put('clip.dcm', clip);
    const window = await Window.open(browser, stack);
    await openImage(window, file.id);
    const shows = (frame: number) =>
      until(`frame ${frame} is shown`, async () => {
        const values = await shownBlocks(window.page);
        return values.every((value) => Math.abs(value - grey(frame)) <= 3) ? true : null;
      });
    await shows(0);
    await window.page.locator('[role=application]').focus();
    await window.page.keyboard.press('ArrowRight');
    await shows(1);
    await window.page.mouse.move(500, 400);
    await window.page.mouse.wheel(0, 100);
    await shows(2);
    await window.page.getByText('第 3 / 5 帧').waitFor();
    await window.shot('viewer-frames');
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('shows a DICOM file with nonsense in its header', async () => {
    for (const [index, spacing] of ['0\\0', '-1\\1', '1E-30\\1E-30', '0.0001\\100'].entries()) {
      const bytes = dicom(20 + index, { size: SIZE, pixel: blocks(20 + index), spacing });
      const file = await stack.put(`spacing-${index}.dcm`, bytes);
      const window = await Window.open(browser, stack);
      await openImage(window, file.id);
      const expected = expectedBlocks(blocks(20 + index));
      await until(`the picture is right with ${spacing}`, async () =>
        worst(await shownBlocks(window.page), expected) <= 3 ? true : null,
      );
      expect(window.faults).toEqual([]);
      await window.close();
    }
  });

  it('shows the preview, and says so, when the viewer draws something else than the server', async () => {
    const file = await stack.put('differs.dcm', dicom(30, { size: SIZE, pixel: blocks(30), frames: 5 }));
    const other = await stack.put('other.dcm', dicom(31, { size: SIZE, pixel: () => 200 }));
    for (const language of ['zh', 'en'] as const) {
      const narrow = language === 'en' ? { width: 390, height: 844 } : {};
      const window = await Window.open(browser, stack, { language, ...narrow });
      const { page } = window;
      const previewOf = (url: URL) => url.pathname === new URL(String(file['preview_url'])).pathname;
      await page.route(previewOf, async (route) => {
        const response = await route.fetch({ url: String(other['preview_url']) });
        await route.fulfill({ response });
      });
      await window.go(`/images/${file.id}`);
      const note = page.getByRole('note');
      await note
        .getByText(
          language === 'zh'
            ? '浏览器不能正确显示这个文件。以下是服务器生成的预览图，不是完整的查看器，不可用于诊断。 只有第 3 帧（共 5 帧）。'
            : 'This browser cannot show the file correctly. Below is the server’s preview, not the full viewer. Not for diagnosis. Only frame 3 of 5.',
        )
        .waitFor({ timeout: 30_000 });
      // The path: a URL that was signed half an hour later is another one.
      const shown = await page.locator('[role=application] img').getAttribute('src');
      expect(previewOf(new URL(String(shown)))).toBe(true);
      expect(await page.locator('[role=application] canvas').count()).toBe(0);
      await window.shot(`viewer-fallback-${language}`);
      await page.unroute(previewOf);
      await page.reload();
      await page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
      expect(await note.count()).toBe(0);
      expect(window.faults).toEqual([]);
      await window.close();
    }
  });

  it('does not wait for ever for a decoder that never answers', async () => {
    // Only compressed frames need a decoder.
    const jpeg = readFileSync(join(WEB, '../shared/imaging/fuzz/corpus/jpeg/seed-plain'));
    const header = layout({ samples: 3, photometric: 'YBR_FULL_422', allocated: 8, rows: 16, columns: 24 });
    const file = await stack.put('stuck.dcm', dicomOf(header, fragments([jpeg]), SYNTAX.jpeg));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await page.clock.install();
    await page.route(/decodeImageFrameWorker/, () => undefined);
    await window.go(`/images/${file.id}`);
    await page.locator('[role=application]:not([data-ready])').waitFor({ timeout: 30_000 });
    await page.clock.fastForward(25_000);
    await page.getByRole('note').getByText('不是完整的查看器').waitFor();
    await page.getByRole('button', { name: '再试一次' }).waitFor();
    await window.close();
  });

  it('notices that the graphics card was lost, and starts anew', async () => {
    const file = await stack.put('lost.dcm', dicom(33, { size: SIZE, pixel: blocks(33) }));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await page.addInitScript(() => {
      const contexts: RenderingContext[] = [];
      Object.assign(globalThis, { contexts });
      const usual = HTMLCanvasElement.prototype.getContext as (...args: unknown[]) => RenderingContext | null;
      HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...args: unknown[]) {
        const context = usual.apply(this, args);
        if (context && String(args[0]).startsWith('webgl')) contexts.push(context);
        return context;
      } as typeof HTMLCanvasElement.prototype.getContext;
    });
    await openImage(window, file.id);
    await page.evaluate(() => {
      const { contexts } = globalThis as unknown as { contexts: WebGLRenderingContext[] };
      for (const context of contexts) context.getExtension('WEBGL_lose_context')?.loseContext();
    });
    await page.getByRole('note').getByText('不是完整的查看器').waitFor();
    await page.getByRole('button', { name: '再试一次' }).click();
    await page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
    const expected = expectedBlocks(blocks(33));
    await until('the picture is right', async () =>
      worst(await shownBlocks(page), expected) <= 3 ? true : null,
    );
    await window.close();
  });

  it('shows the preview of a picture that the browser shows black', async () => {
    const file = await stack.put('detector.png', detectorPng(5));
    const window = await Window.open(browser, stack);
    await window.go(`/images/${file.id}`);
    await window.page.getByRole('note').getByText('不是完整的查看器').waitFor();
    const image = (await window.page.locator('[role=application] img').boundingBox())!;
    const place = (await window.page.locator('[role=application]').boundingBox())!;
    expect(image.width).toBeCloseTo(image.height, 0);
    expect(Math.min(place.width, place.height)).toBeCloseTo(image.width, 0);
    await window.shot('viewer-fallback-png');
    const usual = await stack.put('usual.png', png(5));
    await window.go(`/images/${usual.id}`);
    await window.page.waitForLoadState('networkidle');
    await window.page.locator('[role=application] img').waitFor();
    expect(await window.page.getByRole('note').count()).toBe(0);
    await window.close();
  });

  it('says so when there is no picture', async () => {
    const file = await stack.put('notes.txt', Buffer.from('no picture'));
    const window = await Window.open(browser, stack, { language: 'en' });
    await window.go(`/images/${file.id}`);
    await window.page
      .locator('[role=status]')
      .getByText('This kind of file cannot be shown in the browser')
      .waitFor();
    await window.close();
  });

  it('makes a wrong patient impossible to overlook', async () => {
    await stack.api('PUT', '/patients/CHOSEN', { name: '韩梅梅' });
    const bytes = dicom(3, { patientId: 'OTHER' });
    const file = await stack.put('mismatch.dcm', bytes, { patient_id: 'CHOSEN' });
    expect(file['warnings']).toMatchObject([{ code: 'patient_mismatch' }]);
    const window = await Window.open(browser, stack);
    await openImage(window, file.id);
    const alert = window.page.getByRole('alert').filter({ hasText: '图像中的患者与所选患者不一致' });
    await alert.waitFor();
    expect(await alert.innerText()).toContain('OTHER');
    expect(await alert.innerText()).toContain('CHOSEN');
    await window.page.mouse.wheel(0, 2_000);
    expect(await alert.isVisible()).toBe(true);
    await window.shot('mismatch');
    await window.close();
  });

  it('lets two people edit without one silently overwriting the other', async () => {
    const file = await stack.put('shared.png', png(4), { description: 'old' });
    const window = await Window.open(browser, stack);
    const [mine, theirs] = [window.page, await window.tab()];
    for (const page of [mine, theirs]) {
      await page.goto(`${stack.url}/images/${file.id}`);
      await page.getByRole('button', { name: '编辑' }).click();
      await page.getByRole('dialog').getByLabel('描述').waitFor();
    }
    await theirs.getByRole('dialog').getByLabel('描述').fill('theirs');
    await theirs.getByRole('dialog').getByLabel('部位').fill('KNEE');
    await theirs.getByRole('button', { name: '保存' }).click();
    await theirs.getByText('已保存').waitFor();

    await mine.getByRole('dialog').getByLabel('描述').fill('mine');
    await mine.getByRole('button', { name: '保存' }).click();
    const conflict = mine.getByRole('alert').filter({ hasText: '别人刚刚修改了这个文件' });
    await conflict.waitFor();
    expect(await conflict.innerText()).toContain('theirs');
    await window.shot('conflict');
    await conflict.getByRole('button', { name: '按所选继续' }).click();
    await mine.getByRole('button', { name: '保存' }).click();
    await mine.getByText('已保存').waitFor();
    const saved = await stack.api('GET', `/image-files/${file.id}`);
    expect(saved).toMatchObject({ description: 'mine', body_part: 'KNEE' });
    await window.close();
  });

  it('downloads the original under its own name, and shows who did', async () => {
    const bytes = png(6);
    const file = await stack.put('膝 关节.png', bytes);
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const started = page.waitForEvent('download');
    await page.getByRole('button', { name: '下载原文件' }).click();
    const download = await started;
    expect(download.suggestedFilename()).toBe('膝 关节.png');
    const saved = readFileSync(await download.path());
    expect(createHash('md5').update(saved).digest('hex')).toBe(createHash('md5').update(bytes).digest('hex'));

    await page.getByText('访问记录').click();
    await page.getByRole('cell', { name: '下载' }).first().waitFor();
    await window.close();
  });

  it('says the same of a file that does not exist and of one that is not mine', async () => {
    const file = await stack.put('secret.png', png(8), {});
    const shown = async (window: Window, id: number) => {
      await window.go(`/images/${id}`);
      await window.page.getByText('File not found').waitFor();
      return window.page.locator('main').innerText();
    };
    const colleague = await Window.open(browser, stack, { name: 'Dr. Smith', language: 'en' });
    const foreign = await shown(colleague, file.id);
    expect(foreign).not.toContain('secret');
    expect(foreign).toBe(await shown(colleague, file.id + 1));
    await colleague.close();

    const admin = await Window.open(browser, stack, { role: 'admin', language: 'en' });
    await admin.go(`/images/${file.id}`);
    await admin.page.getByRole('heading', { name: 'secret.png' }).waitFor();
    await admin.close();
  });
});
