import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, measured, recordRequests, Window } from './browser';
import { brightnessOf } from './measuring';
import { phantom } from './phantom';
import { Stack, until } from './stack';

const MANY = 5_000;
const STORED = 4;
/** Pixels of a side. Of so large ones, few are as much as the page may keep. */
const SIDE = 2048;
const PICTURE = SIDE * SIDE * 2;
/** What loader.ts keeps at most. */
const CAP = 512 * 1024 * 1024;
/** Of those it loads around the slice that is looked at, so many have come. */
const AROUND = 20;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  for (let number = 1; number <= STORED; number++)
    await stack.put(`slice-${number}.dcm`, phantom({ number, hu: number * 30, size: SIDE }));
  await stack.counts(STORED);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

interface Listed {
  id: number;
}
interface Signed {
  items: Record<string, object>;
}

/** The few files of the stack over and over again, each time with another id. */
async function multiply(page: Page): Promise<void> {
  const stored = new Map<number, number>();
  await page.route('**/api/v1/series/*/files*', async (route) => {
    const asked = new URL(route.request().url());
    const start = Number(asked.searchParams.get('cursor') ?? 0);
    const size = Number(asked.searchParams.get('page_size'));
    asked.searchParams.delete('cursor');
    const answer = (await (await route.fetch({ url: asked.href })).json()) as { items: Listed[] };
    const items = Array.from({ length: Math.min(size, MANY - start) }, (_, offset) => {
      const file = answer.items[(start + offset) % STORED]!;
      stored.set(start + offset + 1, file.id);
      return { ...file, id: start + offset + 1 };
    });
    const end = start + items.length;
    await route.fulfill({ json: { ...answer, items, next_cursor: end < MANY ? String(end) : null } });
  });
  await page.route('**/api/v1/image-files/download-urls', async (route) => {
    const { ids } = route.request().postDataJSON() as { ids: number[] };
    const postData = { ids: [...new Set(ids.map((id) => stored.get(id)))] };
    const answer = (await (await route.fetch({ postData })).json()) as Signed;
    const items = Object.fromEntries(ids.map((id) => [id, answer.items[stored.get(id)!]]));
    await route.fulfill({ json: { ...answer, items } });
  });
}

/** The brightness of the disc of a slice, which stands in a corner of so large a picture. */
const discOf = (page: Page) =>
  page.evaluate((share) => {
    const stage = document.querySelector<HTMLElement>('[role=application]');
    const [left = 0, top = 0, width = 0, height = 0] = (stage?.dataset['place'] ?? '').split(' ').map(Number);
    const canvas = stage?.querySelector('canvas');
    const at = canvas?.getContext('2d')?.getImageData(left + width * share, top + height * share, 1, 1);
    return at?.data[0] ?? -1;
  }, 100 / SIDE);

it('of five thousand slices is read from end to end, and its memory stays bounded', async () => {
  const window = await Window.open(browser, stack);
  const { page } = window;
  await multiply(page);
  const lists = recordRequests(page, (request) => /\/series\/\d+\/files/.test(request.url()));
  const pictures = recordRequests(page, (request: Request) => request.url().startsWith(stack.bucket));
  await window.go('/studies');
  const begun = Date.now();
  await page.getByRole('link', { name: /张三/ }).click();
  const stage = page.locator('[role=application][data-ready]');
  await stage.waitFor({ timeout: 60_000 });
  measured(`first of ${MANY} slices`, `${Date.now() - begun} ms, of ${SIDE} pixels a side`);
  expect(lists.length).toBe(MANY / 500);
  await page.getByText(`第 1 / ${MANY} 帧`).waitFor();
  await stage.focus();

  const shows = async (number: number) => {
    await page.getByText(`第 ${number} / ${MANY} 帧`).waitFor({ timeout: 30_000 });
    const expected = brightnessOf((((number - 1) % STORED) + 1) * 30);
    await until(`slice ${number} is drawn`, async () =>
      Math.abs((await discOf(page)) - expected) < 6 ? true : null,
    );
  };
  /** Goes somewhere, and stays until what lies around has come. */
  const visit = async (go: () => Promise<number>) => {
    const before = pictures.length;
    await shows(await go());
    await until(
      'what lies around comes',
      async () => (pictures.length >= before + AROUND ? true : null),
      60_000,
    );
    // Every change of the view says anew how much is kept.
    const zoom = await stage.getAttribute('data-zoom');
    await page.keyboard.press('+');
    await until('it is larger', async () => ((await stage.getAttribute('data-zoom')) === zoom ? null : true));
    const kept = Number(await stage.getAttribute('data-kept'));
    expect(kept).toBeLessThanOrEqual(CAP);
    await page.keyboard.press('0');
    return kept;
  };
  const press = (key: string, number: number) => async () => {
    await page.keyboard.press(key);
    return number;
  };
  const track = (await page.getByRole('slider', { name: '翻帧' }).locator('../..').boundingBox())!;
  const slide = (share: number) => async () => {
    const before = await stage.getAttribute('data-frame');
    await page.mouse.click(track.x + track.width * share, track.y + track.height / 2);
    await until('it moves', async () => ((await stage.getAttribute('data-frame')) === before ? null : true));
    await stage.focus();
    return Number(await stage.getAttribute('data-frame'));
  };
  await shows(1);
  await visit(press('End', MANY));
  for (const share of [0.5, 0.25, 0.75]) await visit(slide(share));
  // What was at the beginning has been evicted meanwhile, and comes again.
  expect(pictures.length * PICTURE).toBeGreaterThan(CAP);
  const kept = await visit(press('Home', 1));
  expect(kept).toBeGreaterThan(CAP / 2);
  measured(`${pictures.length} slices of ${SIDE} pixels a side`, `${Math.round(kept / 2 ** 20)} MiB kept`);
  await window.shot('huge-series');
  expect(window.faults).toEqual([]);
  await window.close();
}, 300_000);
