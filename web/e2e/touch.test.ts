import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { phantom } from './phantom';
import { Stack, until } from './stack';

const SLICES = 12;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  for (let number = SLICES; number >= 1; number--)
    await stack.put(`slice-${number}.dcm`, phantom({ number, hu: number * 20 }));
  await stack.counts(SLICES);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

type Point = [number, number];
const stage = (page: Page) => page.locator('[role=application][data-ready]');
const frameOf = async (page: Page) => Number(await stage(page).getAttribute('data-frame'));
const zoomOf = async (page: Page) => Number(await stage(page).getAttribute('data-zoom'));

/** Fingers as the browser gets them from a screen. */
class Fingers {
  constructor(private readonly session: CDPSession) {}
  private send(type: 'touchStart' | 'touchMove' | 'touchEnd', points: Point[]): Promise<unknown> {
    const touchPoints = points.map(([x, y], id) => ({ x, y, id }));
    return this.session.send('Input.dispatchTouchEvent', { type, touchPoints });
  }
  async swipe(from: Point, to: Point): Promise<void> {
    await this.send('touchStart', [from]);
    for (let step = 1; step <= 10; step++) {
      const at = (axis: 0 | 1) => from[axis] + ((to[axis] - from[axis]) * step) / 10;
      await this.send('touchMove', [[at(0), at(1)]]);
    }
    await this.send('touchEnd', []);
  }
  /** Two fingers, one after the other as people put them down, move apart or together. */
  async pinch([x, y]: Point, from: number, to: number): Promise<void> {
    await this.send('touchStart', [[x - from, y]]);
    await this.send('touchStart', [
      [x - from, y],
      [x + from, y],
    ]);
    for (let step = 1; step <= 10; step++) {
      const apart = from + ((to - from) * step) / 10;
      await this.send('touchMove', [
        [x - apart, y],
        [x + apart, y],
      ]);
    }
    await this.send('touchEnd', []);
  }
}

it.each([
  { device: 'phone', width: 390, height: 844, language: 'zh' as const },
  { device: 'tablet', width: 820, height: 1180, language: 'en' as const },
])(
  'turns pages by swiping and zooms by pinching on a $device',
  async ({ device, language, ...size }) => {
    const window = await Window.open(browser, stack, { ...size, language, touch: true });
    const { page } = window;
    await window.go('/studies');
    await page.getByRole('link', { name: /张三/ }).tap();
    await stage(page).waitFor({ timeout: 30_000 });
    await stage(page).scrollIntoViewIfNeeded();
    const fingers = new Fingers(await window.context.newCDPSession(page));
    const box = (await stage(page).boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const scrolled = () => page.evaluate(() => scrollY);
    const before = await scrolled();

    expect(await frameOf(page)).toBe(1);
    await fingers.swipe([x, y - box.height * 0.2], [x, y + box.height * 0.2]);
    const after = await until('a swipe has turned pages', async () => {
      const now = await frameOf(page);
      return now >= 3 ? now : null;
    });
    await fingers.swipe([x, y + box.height * 0.1], [x, y - box.height * 0.1]);
    await until('a swipe up has turned back', async () => ((await frameOf(page)) < after ? true : null));

    const [zoom, frame] = [await zoomOf(page), await frameOf(page)];
    await fingers.pinch([x, y], 30, 90);
    const larger = await until('the picture is larger', async () => {
      const now = await zoomOf(page);
      return now > zoom * 1.2 ? now : null;
    });
    await window.shot(`touch-${device}`);
    await fingers.pinch([x, y], 90, 40);
    await until('the picture is smaller', async () => ((await zoomOf(page)) < larger ? true : null));
    expect(await frameOf(page)).toBe(frame);
    // The page stays where it is under the fingers.
    expect(await scrolled()).toBe(before);

    // Whoever chooses another tool has it under the finger.
    const name = language === 'zh' ? '窗宽窗位' : 'Window/level';
    await page.getByRole('button', { name, exact: true }).tap();
    await fingers.swipe([x, y], [x, y + box.height * 0.2]);
    expect(await frameOf(page)).toBe(frame);
    expect(window.faults).toEqual([]);
    await window.close();
  },
  120_000,
);
