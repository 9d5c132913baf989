import type { Page } from 'playwright-core';
import { PHANTOM } from './phantom';
import { until } from './stack';

/** A picture on the screen, the first or a later one. */
export const stageOf = (page: Page, which = 0) => page.locator('[role=application]').nth(which);

/** The place of a pixel of the phantom on the screen. */
export async function placeOf(page: Page, x: number, y: number): Promise<[number, number]> {
  const stage = stageOf(page);
  const box = (await stage.boundingBox())!;
  const [left = 0, top = 0, width = 0, height = 0] = (await stage.getAttribute('data-place'))!
    .split(' ')
    .map(Number);
  // One pixel of the canvas is one of the screen here; pixels are centred on whole numbers.
  const at = (start: number, length: number, index: number) =>
    start + ((index + 0.5) * length) / PHANTOM.size;
  return [box.x + at(left, width, x), box.y + at(top, height, y)];
}

export async function drag(page: Page, from: [number, number], to: [number, number]): Promise<void> {
  await page.mouse.move(...(await placeOf(page, ...from)));
  await page.mouse.down();
  await page.mouse.move(...(await placeOf(page, ...to)), { steps: 6 });
  await page.mouse.up();
}

/**
 * A click that does not move may become a double one: the library takes it for a single one when 400 ms have passed or the mouse
 * has moved by more than 3 pixels (tools 5.14, mouseDownListener).
 */
export async function click(page: Page, at: [number, number]): Promise<void> {
  const [x, y] = await placeOf(page, ...at);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.up();
  await page.mouse.move(x + 8, y + 8, { steps: 2 });
}

type Stats = Record<string, number | string>;

/** Waits for the measurement whose `key` is `expected`, or differs by less than `within`: the page follows the mouse with a delay. */
export async function measured(page: Page, key: string, expected: number, within = 0.5): Promise<Stats> {
  let said: string | null = null;
  const ask = async () => {
    said = await stageOf(page).getAttribute('data-measures');
    const all = (said ?? '').split('\n').filter(Boolean);
    const found = all
      .map((line) => JSON.parse(line) as Stats)
      .find((stats) => Math.abs(Number(stats[key]) - expected) < within);
    return found ?? null;
  };
  return until(`${key} is ${expected}`, ask, 10_000).catch((error: unknown) => {
    throw new Error(`${String(error)}; it says ${said}`);
  });
}

/** Chooses a tool by its name. */
export const use = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true }).first().click();

/** The brightness in the middle of the picture, 0 to 255. */
export const middleOf = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('[role=application] canvas');
    return canvas?.getContext('2d')?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0] ?? -1;
  });
/** What the disc of the phantom has there: its window is 400 wide around 40. */
export const brightnessOf = (hu: number) => ((hu - 40) / 400 + 0.5) * 255;
