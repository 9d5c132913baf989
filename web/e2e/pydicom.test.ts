import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, measured, Window } from './browser';
import { faultOfFrames } from './rendering';
import { Stack, WEB } from './stack';

/** Where `make` installs what the pictures are tested against; see IMAGING_VENV there. */
const VENV = process.env['IMAGING_VENV'] ?? join(WEB, '../target/imaging-venv');

/** As many as the machine of the tests has processors. */
const PARALLEL = 2;

interface Record {
  /** Where it lies on this machine. */
  path: string;
  id: number;
  original_filename: string;
  preview_url: string | null;
  status: string;
  status_reason: { code: string } | null;
  warnings: { code: string }[];
}

let stack: Stack;
let browser: Browser;
let records: Record[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  records = await eachOf(corpus(), PARALLEL, async (path) => {
    const file = await stack.put(basename(path), readFileSync(path), { allow_duplicate: true });
    return { ...file, path } as unknown as Record;
  });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** The DICOM files of pydicom's tests and of pydicom-data. */
function corpus(): string[] {
  const lib = join(VENV, 'lib');
  const python = readdirSync(lib).find((name) => name.startsWith('python'));
  if (python === undefined) throw new Error(`no Python in ${lib}: run "make test-browser"`);
  const packages = join(lib, python, 'site-packages');
  return ['pydicom/data/test_files', 'data_store/data'].flatMap((folder) =>
    readdirSync(join(packages, folder))
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => join(packages, folder, name)),
  );
}

async function eachOf<T, R>(
  all: T[],
  parallel: number,
  act: (one: T, lane: number) => Promise<R>,
): Promise<R[]> {
  const waiting = [...all.entries()];
  const results: R[] = [];
  const lane = async (number: number) => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      results[next[0]] = await act(next[1], number);
  };
  await Promise.all(Array.from({ length: parallel }, (_, number) => lane(number)));
  return results;
}

type Shown = { kind: 'viewer' | 'preview' | 'words'; text: string };

/** Goes to a file without loading the page anew, and waits until it shows something that is to stay. */
async function open(page: Page, id: number): Promise<Shown> {
  await page.evaluate((to) => {
    history.pushState({ idx: 1 }, '', to);
    dispatchEvent(new PopStateEvent('popstate', { state: { idx: 1 } }));
  }, `/images/${id}`);
  const shown = await page.waitForFunction((file) => {
    const article = document.querySelector(`article[data-file="${file}"]`);
    const stage = article?.querySelector<HTMLElement>('[role=application]');
    const image = stage?.querySelector('img');
    // A report, a document or a recording is said in words too, once its elements have come.
    const document_ = article?.querySelector<HTMLElement>('[data-document]:has(a[href$="/dicom"])');
    const words = document_ ?? article?.querySelector<HTMLElement>('[class*=viewer] > [role=status]');
    const text = article?.querySelector<HTMLElement>('[role=note]')?.innerText ?? words?.innerText ?? '';
    if (image) return image.complete && image.naturalWidth > 0 ? { kind: 'preview' as const, text } : null;
    if (stage) return stage.hasAttribute('data-ready') ? { kind: 'viewer' as const, text } : null;
    return words && !words.querySelector('[class*=Loader]') ? { kind: 'words' as const, text } : null;
  }, id);
  return (await shown.jsonValue()) as Shown;
}

/** What is wrong with what is on the screen; null when nothing is. */
async function faultOf(page: Page, record: Record, shown: Shown): Promise<string | null> {
  if (record.preview_url === null) {
    return shown.kind === 'words' &&
      /不能在浏览器中显示|不含图像|没有图像|不是图像|报告|波形|文档/.test(shown.text)
      ? null
      : `there is no picture, and the page shows: ${shown.kind} ${shown.text}`;
  }
  if (shown.kind === 'words') return `words instead of the preview: ${shown.text}`;
  if (shown.kind === 'preview') {
    const source = await page.locator('[role=application] img').getAttribute('src');
    if (new URL(source ?? '').pathname !== new URL(record.preview_url).pathname) return 'another picture';
    return shown.text.includes('不是完整的查看器')
      ? null
      : `it does not say that it is a preview: ${shown.text}`;
  }
  if (shown.text !== '') return `the viewer says: ${shown.text}`;
  const { fault, most } = await faultOfFrames(page, record.path);
  measured(
    `difference of ${record.original_filename}`,
    Object.values(most)
      .map((one) => one.toFixed(2))
      .join(' '),
  );
  return fault;
}

describe("pydicom's files", () => {
  it('are shown frame by frame as the server renders them, or by its preview, or not at all, and say which', async () => {
    expect(records.length).toBe(146);
    const begun = Date.now();
    const window = await Window.open(browser, stack);
    const pages = [
      window.page,
      ...(await Promise.all(Array.from({ length: PARALLEL - 1 }, () => window.tab()))),
    ];
    await Promise.all(pages.map((page) => page.goto(`${stack.url}/images`)));
    const kinds = { viewer: [] as string[], preview: [] as string[], words: [] as string[] };
    const wrong: string[] = [];
    await eachOf(records, PARALLEL, async (record, lane) => {
      const page = pages[lane]!;
      const name = record.original_filename;
      try {
        const shown = await open(page, record.id);
        kinds[shown.kind].push(name);
        const fault = await faultOf(page, record, shown);
        if (fault !== null) wrong.push(`${name}: ${fault}`);
      } catch (error) {
        wrong.push(`${name}: ${String(error)}`);
      }
    });
    expect(wrong).toEqual([]);
    const counts = Object.entries(kinds).map(([kind, names]) => `${names.length} ${kind}`);
    measured("pydicom's files", `${counts.join(', ')}, ${((Date.now() - begun) / 1000).toFixed(0)} s`);
    measured("pydicom's files by the preview", kinds.preview.sort().join(' '));
    // The table of README.md: a file less in the viewer would go unnoticed otherwise.
    const lengths = Object.entries(kinds).map(([kind, names]) => [kind, names.length]);
    expect(Object.fromEntries(lengths)).toEqual({ viewer: 128, preview: 0, words: 18 });

    const doubtful = records.find(({ status_reason }) => status_reason?.code === 'too_large')!;
    await open(window.page, doubtful.id);
    await window.page.getByRole('button', { name: '仍然尝试显示（未经核对）' }).click();
    await window.page.locator('[role=application][data-ready]').waitFor();
    expect(await window.page.getByRole('note').innerText()).toContain('服务器没有可供核对的预览图');
    await window.close();
  }, 300_000);
});
