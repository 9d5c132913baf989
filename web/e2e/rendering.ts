import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import ts from 'typescript';
import { cellsAlong, differenceOf, mosaicOf, type Difference, type Mosaic } from '../src/viewer/likeness';
import { until, WEB } from './stack';

/** The example of shared/imaging that renders frames; see RENDER in README.md. */
const PROGRAM = process.env['RENDER'] ?? join(WEB, '../target/debug/examples/render');

/** What the server's code makes of frames of a file: their mosaics; null where it refuses. */
export async function rendered(path: string, frames: number[]): Promise<(Mosaic | null)[]> {
  if (!existsSync(PROGRAM)) throw new Error(`no ${PROGRAM}: cargo build --all-features --example render`);
  const folder = mkdtempSync(join(tmpdir(), 'filmroom-render-'));
  try {
    const child = spawn(PROGRAM, [folder], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(frames.map((frame) => `${path}\t--frame ${frame}\n`).join(''));
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
    if (code !== 0) throw new Error(`render ended with ${String(code)}`);
    return frames.map((_, number) => mosaicFrom(folder, number));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mosaicFrom(folder: string, number: number): Mosaic | null {
  const facts = JSON.parse(readFileSync(join(folder, `${number}.json`), 'utf8')) as {
    size?: [number, number, number];
  };
  if (!facts.size) return null;
  const [height, width, channels] = facts.size;
  const raw = readFileSync(join(folder, `${number}.raw`));
  const data = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      data[pixel * 4 + channel] = raw[pixel * channels + (channels === 3 ? channel : 0)]!;
    }
  }
  return mosaicOf(
    { width, height, data },
    { x: 0, y: 0, width, height },
    cellsAlong(width),
    cellsAlong(height),
  );
}

/** The code that compares pictures, as a text that a page can run. */
const LIKENESS = ts
  .transpileModule(readFileSync(join(WEB, 'src/viewer/likeness.ts'), 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  .outputText.replace(/^export /gm, '');

/** How far the picture on the screen is from one. */
export async function differenceFrom(page: Page, wanted: Mosaic): Promise<Difference> {
  const colours = (await page.evaluate(`(() => {
    ${LIKENESS}
    const stage = document.querySelector('[role=application]');
    const [x, y, width, height] = stage.dataset.place.split(' ').map(Number);
    const canvas = stage.querySelector('canvas');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(mosaicOf(pixels, { x, y, width, height }, ${wanted.columns}, ${wanted.rows}).colours);
  })()`)) as number[];
  return differenceOf({ ...wanted, colours: Float32Array.from(colours) }, wanted);
}

/** The first, the middle and the last frame, and some between. */
export function someOf(frames: number): number[] {
  const shares = [0, 0.25, 0.5, 0.75, 1];
  return [
    ...new Set(shares.map((share) => 1 + Math.floor(share * (frames - 1) + (share === 0.5 ? 0.5 : 0)))),
  ];
}

/** The frame on the screen, and how many there are. */
export async function framesShown(page: Page): Promise<[number, number]> {
  const counter = page.getByText(/^第 \d+ \/ \d+ 帧$/);
  if ((await counter.count()) === 0) return [1, 1];
  const [, frame, total] = /第 (\d+) \/ (\d+)/.exec(await counter.innerText())!;
  return [Number(frame), Number(total)];
}

/** Shows a frame, near ones by the keyboard and others by the slider. */
export async function showFrame(page: Page, wanted: number): Promise<void> {
  const [now, total] = await framesShown(page);
  if (Math.abs(now - wanted) > 6) {
    const box = (await page.locator('[class*=frames]').first().boundingBox())!;
    const place = 0.01 + (0.98 * (wanted - 1)) / (total - 1);
    await page.mouse.click(box.x + box.width * place, box.y + box.height / 2);
    await until('the slider is followed', async () => ((await framesShown(page))[0] !== now ? true : null));
  }
  await page.locator('[role=application]').focus();
  for (let [at] = await framesShown(page); at !== wanted;) {
    await page.keyboard.press(at < wanted ? 'ArrowRight' : 'ArrowLeft');
    const before = at;
    at = await until('the frame changed', async () => {
      const [next] = await framesShown(page);
      return next !== before ? next : null;
    });
  }
}

/** How much a frame may differ from the server's rendering of it: enlarged pixels are drawn with soft edges. */
const SMALL: Difference = { mean: 3, worst: 20, lost: 0.05 };

/** What is wrong with the frames of the file that the viewer shows; null when nothing is. */
export async function faultOfFrames(
  page: Page,
  path: string,
): Promise<{ fault: string | null; most: Difference }> {
  const [, total] = await framesShown(page);
  const frames = someOf(total);
  const wanted = await rendered(path, frames);
  const most = { mean: 0, worst: 0, lost: 0 };
  for (const [index, frame] of frames.entries()) {
    const mosaic = wanted[index];
    if (!mosaic) return { fault: `frame ${frame} is refused by the server's rendering`, most };
    await showFrame(page, frame);
    let found: Difference = { mean: Infinity, worst: Infinity, lost: Infinity };
    // The number of a frame is there before the frame.
    const isNear = async () => {
      found = await differenceFrom(page, mosaic);
      const { mean, worst, lost } = found;
      return mean <= SMALL.mean && worst <= SMALL.worst && lost <= SMALL.lost ? true : null;
    };
    const near = await until('it is like the rendering', isNear, 3_000).catch(() => null);
    for (const key of ['mean', 'worst', 'lost'] as const) most[key] = Math.max(most[key], found[key]);
    if (!near) return { fault: `frame ${frame} of ${total} differs: ${JSON.stringify(found)}`, most };
  }
  return { fault: null, most };
}
