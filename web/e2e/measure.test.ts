import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { brightnessOf, click, drag, measured, middleOf, placeOf, stageOf as stage, use } from './measuring';
import { PHANTOM, phantom } from './phantom';
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

async function open(window: Window, id: number): Promise<Page> {
  const { page } = window;
  await window.go(`/images/${id}`);
  await page.locator('[role=application][data-ready]').waitFor({ timeout: 30_000 });
  return page;
}

describe('measuring', () => {
  it('finds the lengths, angles and values of a phantom', async () => {
    const file = await stack.put('phantom.dcm', phantom());
    const window = await Window.open(browser, stack);
    const page = await open(window, file.id);

    await use(page, '测量长度');
    await drag(page, [40, 100], [160, 100]);
    const length = await measured(page, 'length', 120 * PHANTOM.spacing);
    expect(length['unit']).toBe('mm');
    await page.getByText(/^(59|60|61)(\.\d+)? mm$/).waitFor();
    await window.shot('measure-length');
    await use(page, '清除本图测量');
    await until('it is gone', async () =>
      (await stage(page).getAttribute('data-measures')) === null ? true : null,
    );

    await use(page, '测量角度');
    await drag(page, [160, 100], [100, 100]);
    await page.mouse.move(...(await placeOf(page, 100, 50)), { steps: 5 });
    await click(page, [100, 40]);
    await measured(page, 'angle', 90);
    await use(page, '清除本图测量');

    await use(page, 'Cobb 角');
    await drag(page, [50, 60], [150, 60]);
    await drag(page, [50, 150], [150, 110]);
    await measured(page, 'angle', (Math.atan2(40, 100) * 180) / Math.PI);
    await window.shot('measure-cobb');
    await use(page, '清除本图测量');

    await use(page, '椭圆区域统计');
    // From the middle, 20 pixels to the side and 30 down.
    await drag(page, [100, 100], [120, 130]);
    const area = Math.PI * 20 * 30 * PHANTOM.spacing ** 2;
    const ellipse = await measured(page, 'area', area, area * 0.03);
    expect(ellipse['areaUnit']).toBe('mm²');
    expect(ellipse['mean']).toBeCloseTo(PHANTOM.disc_hu, 0);
    expect(ellipse['stdDev']).toBeCloseTo(0, 0);
    expect(ellipse['modalityUnit']).toBe('HU');
    await window.shot('measure-ellipse');
    expect(window.faults).toEqual([]);
    await window.close();
  }, 120_000);

  it.each([
    ['detector', /mm/, 120 * PHANTOM.spacing, '探测器平面'],
    ['nowhere', /px/, 120, null],
  ] as const)(
    'says what a length means when the spacing is at the %s',
    async (spacingAt, unit, length, note) => {
      const file = await stack.put(`${spacingAt}.dcm`, phantom({ spacingAt, hu: 50 }));
      const window = await Window.open(browser, stack);
      const page = await open(window, file.id);
      await use(page, '测量长度');
      await drag(page, [40, 100], [160, 100]);
      expect((await measured(page, 'length', length))['unit']).toMatch(unit);
      if (note) await page.getByText(note).waitFor();
      else expect(await page.locator('[data-scale]').count()).toBe(0);
      await window.close();
    },
  );
});

describe('a picture', () => {
  it('is inverted, moved and shown on the whole screen, by keys, buttons and the mouse', async () => {
    const file = await stack.put('viewing.dcm', phantom({ hu: 140 }));
    const window = await Window.open(browser, stack);
    const page = await open(window, file.id);
    const [bright, dark] = [brightnessOf(140), 255 - brightnessOf(140)];
    const middleIs = (expected: number) =>
      until(`its middle is ${expected}`, async () =>
        Math.abs((await middleOf(page)) - expected) < 6 ? true : null,
      );
    await middleIs(bright);
    await use(page, '反相');
    await middleIs(dark);
    await window.shot('viewing-inverted');
    await stage(page).focus();
    await page.keyboard.press('i');
    await middleIs(bright);

    const corner = async () =>
      (await stage(page).getAttribute('data-place'))!.split(' ').slice(0, 2).map(Number);
    const [left = 0, top = 0] = await corner();
    await use(page, '移动');
    const box = (await stage(page).boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 60, y + 40, { steps: 6 });
    await page.mouse.up();
    await until('it is where the mouse left it', async () => {
      const [right = 0, down = 0] = await corner();
      return Math.abs(right - left - 60) < 1 && Math.abs(down - top - 40) < 1 ? true : null;
    });
    await use(page, '还原');
    await until('it is back', async () => {
      const [right = 0, down = 0] = await corner();
      return Math.abs(right - left) < 1 && Math.abs(down - top) < 1 ? true : null;
    });

    const isFull = (full: boolean) =>
      until(`it fills the screen: ${full}`, async () => {
        const filled = await page.evaluate(
          () => document.fullscreenElement?.querySelector('[role=application]') != null,
        );
        return filled === full ? true : null;
      });
    await isFull(false);
    await use(page, '全屏');
    await isFull(true);
    await stage(page).focus();
    await page.keyboard.press('f');
    await isFull(false);
    await page.keyboard.press('f');
    await isFull(true);
    await use(page, '全屏');
    await isFull(false);
    await middleIs(bright);
    expect(window.faults).toEqual([]);
    await window.close();
  });
});

describe('the marks on a picture', () => {
  it('say who it is, how it lies and how large it is, however it is turned', async () => {
    const file = await stack.put('marks.dcm', phantom({ hu: 60 }));
    const window = await Window.open(browser, stack);
    const page = await open(window, file.id);
    const letters = async () =>
      Object.fromEntries(
        await page
          .locator('[data-edge]')
          .evaluateAll((all) => all.map((each) => [(each as HTMLElement).dataset['edge'], each.textContent])),
      ) as Record<string, string>;
    const become = (expected: object) =>
      until(`the letters are ${JSON.stringify(expected)}`, async () =>
        JSON.stringify(await letters()) === JSON.stringify(expected) ? true : null,
      );
    await become({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    await page.getByText('张三').first().waitFor();
    const bar = page.locator('[data-scale]');
    expect(await bar.getAttribute('data-scale')).toMatch(/^\d+ cm$/);
    const [centimetres] = (await bar.getAttribute('data-scale'))!.split(' ').map(Number);
    const drawn = Number(await bar.locator('svg').getAttribute('width'));
    const width = Number((await stage(page).getAttribute('data-place'))!.split(' ')[2]);
    const perMillimetre = width / (PHANTOM.size * PHANTOM.spacing);
    expect(drawn / perMillimetre).toBeCloseTo(centimetres! * 10, 0);
    await window.shot('marks');

    await stage(page).focus();
    await page.keyboard.press('h');
    await become({ left: 'L', right: 'R', top: 'A', bottom: 'P' });
    await page.keyboard.press('0');
    await become({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    await page.keyboard.press('r');
    await become({ left: 'P', right: 'A', top: 'R', bottom: 'L' });
    await window.shot('marks-turned');
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('are no letters where the header does not say how it lies, or says what cannot be', async () => {
    const file = await stack.put('crooked.dcm', phantom({ hu: 70, orientation: '1\\0\\0\\1\\0\\0' }));
    const window = await Window.open(browser, stack, { language: 'en' });
    const page = await open(window, file.id);
    expect(await page.locator('[data-edge]').count()).toBe(0);
    await window.close();
  });
});
