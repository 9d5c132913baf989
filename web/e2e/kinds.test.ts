import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, Window } from './browser';
import { dicomOf, element, fragments, layout, sequence, SYNTAX, uint16, words } from './pictures';
import { faultOfFrames } from './rendering';
import { Stack } from './stack';

/** Those of `layout`. */
const [COLUMNS, ROWS] = [60, 44];
const PIXELS = COLUMNS * ROWS;

/** Blocks that get brighter to the right and downwards, a little more in every frame: from 0 to less than 1. */
function blocks(frame = 0, [columns, rows] = [COLUMNS, ROWS]): number[] {
  return Array.from({ length: columns * rows }, (_, at) => {
    const [x, y] = [
      Math.floor((at % columns) / 4) / (columns / 4),
      Math.floor(at / columns / 4) / (rows / 4),
    ];
    return Math.min(0.999, x * 0.6 + y * 0.3 + frame * 0.04);
  });
}

const pixelWords = (values: number[]) => element(0x7fe0, 0x0010, 'OW', words(values));
const pixelBytes = (values: number[]) => element(0x7fe0, 0x0010, 'OB', Buffer.from(values));
const window = (center: number, width: number, shape?: string) => [
  element(0x0028, 0x1050, 'DS', String(center)),
  element(0x0028, 0x1051, 'DS', String(width)),
  ...(shape === undefined ? [] : [element(0x0028, 0x1056, 'CS', shape)]),
];
const rescale = (intercept: number) => [
  element(0x0028, 0x1052, 'DS', String(intercept)),
  element(0x0028, 0x1053, 'DS', '1'),
];
const voiTable = (first: number, bits: number, outputs: number[]) =>
  sequence(0x0028, 0x3010, [
    [
      element(0x0028, 0x3002, 'US', words([outputs.length, first, bits])),
      element(0x0028, 0x3006, 'OW', words(outputs)),
    ],
  ]);
/** A curve that is nothing like a line. */
const curve = (entries: number, most: number) =>
  Array.from({ length: entries }, (_, at) => Math.round(most * (at / (entries - 1)) ** 3));
const palette = (tables: number[][], first = 0) =>
  tables.flatMap((table, channel) => [
    element(0x0028, 0x1101 + channel, 'US', words([table.length, first, 16])),
    element(0x0028, 0x1201 + channel, 'OW', words(table)),
  ]);
const coloured = (frame = 0, size?: [number, number]) =>
  blocks(frame, size).flatMap((value) => [value, 1 - value, value ** 2]);
const to = (levels: number) => (value: number) => Math.floor(value * levels);

/** One segment of run lengths for each byte of a sample (PS3.5 annex G), all literals. */
function runs(values: number[]): Buffer {
  const literals = (bytes: number[]) => {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 128) {
      const part = bytes.slice(at, at + 128);
      parts.push(Buffer.from([part.length - 1, ...part]));
    }
    return Buffer.concat(parts);
  };
  const segments = [
    literals(values.map((value) => value >> 8)),
    literals(values.map((value) => value & 255)),
  ];
  const header = Buffer.alloc(64);
  header.writeUInt32LE(2, 0);
  header.writeUInt32LE(64, 4);
  header.writeUInt32LE(64 + segments[0]!.length, 8);
  return Buffer.concat([header, ...segments]);
}

/** A group for each frame (PS3.3 C.7.6.16) with its window and rescale. */
const perFrame = (groups: [center: number, width: number, intercept: number][]) =>
  sequence(
    0x5200,
    0x9230,
    groups.map(([center, width, intercept]) => [
      sequence(0x0028, 0x9132, [window(center, width)]),
      sequence(0x0028, 0x9145, [rescale(intercept)]),
    ]),
  );

const threeFrames = (levels: number) => [0, 1, 2].flatMap((frame) => blocks(frame).map(to(levels)));
const packed = (bits: number[]) => {
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  bits.forEach((bit, at) => (bytes[at >> 3]! |= bit << (at & 7)));
  return [...bytes, ...(bytes.length % 2 ? [0] : [])];
};

const KINDS: { [kind: string]: () => Buffer } = {
  'a VOI table whose 12 bits are called 16': () =>
    dicomOf(
      [...layout({ stored: 12 }), voiTable(0, 16, curve(4096, 4095))],
      pixelWords(blocks().map(to(4096))),
    ),
  'a VOI table that begins at -1024 and says 64512': () =>
    dicomOf(
      [...layout({ stored: 12 }), ...rescale(-1024), voiTable(64512, 8, curve(4096, 255))],
      pixelWords(blocks().map(to(4096))),
    ),
  'a sigmoid': () =>
    dicomOf(
      [...layout({ stored: 12 }), ...window(2000, 1500, 'SIGMOID')],
      pixelWords(blocks().map(to(4096))),
    ),
  'an exact window': () =>
    dicomOf([...layout(), ...window(3, 6, 'LINEAR_EXACT')], pixelWords(blocks().map(to(7)))),
  'a window of one': () => dicomOf([...layout(), ...window(3, 1)], pixelWords(blocks().map(to(7)))),
  'a window for each frame': () =>
    dicomOf(
      [
        ...layout({ frames: 3 }),
        perFrame([
          [1000, 4000, 0],
          [-400, 1500, -1024],
          [3000, 500, 1000],
        ]),
      ],
      pixelWords(threeFrames(4096)),
    ),
  'no window, and frames of different brightness': () =>
    dicomOf(
      [...layout({ frames: 3 })],
      pixelWords([1, 2, 3].flatMap((times) => blocks().map(to(1000 * times ** 3)))),
    ),
  'pixels twice as high as wide': () =>
    dicomOf(
      [...layout({ allocated: 8 }), element(0x0028, 0x0034, 'IS', '2\\1')],
      pixelBytes(blocks().map(to(256))),
    ),
  'white as 0, with padding': () =>
    dicomOf(
      [
        ...layout({ photometric: 'MONOCHROME1', signed: true }),
        element(0x0028, 0x0120, 'SS', words([-2000])),
        ...window(2000, 4000),
      ],
      pixelWords(blocks().map((value, at) => (at % COLUMNS < 12 ? -2000 : to(4000)(value)))),
    ),
  'stored bits at the top of their words': () =>
    dicomOf([...layout({ stored: 12, high: 15 })], pixelWords(blocks().map((value) => to(4096)(value) << 4))),
  'signed bits below an overlay bit': () =>
    dicomOf(
      [...layout({ stored: 12, signed: true }), ...window(0, 4096)],
      pixelWords(blocks().map((value, at) => ((to(4096)(value) - 2048) & 0xfff) | (at % 2 ? 0x8000 : 0))),
    ),
  'values of 32 bits': () =>
    dicomOf(
      [...layout({ allocated: 32 })],
      element(0x7fe0, 0x0010, 'OW', Buffer.from(Uint32Array.from(blocks(), (value) => value * 4e9).buffer)),
    ),
  'single bits, frames that begin inside a byte': () =>
    dicomOf(
      [...layout({ allocated: 1, frames: 3, columns: 37, rows: 31 })],
      pixelBytes(
        packed([0, 1, 2].flatMap((frame) => blocks(frame, [37, 31]).map((value) => (value > 0.4 ? 1 : 0)))),
      ),
    ),
  'colours of 16 bits': () =>
    dicomOf([...layout({ samples: 3, photometric: 'RGB' })], pixelWords(coloured().map(to(65536)))),
  'colours of 32 bits': () =>
    dicomOf(
      [...layout({ samples: 3, photometric: 'RGB', allocated: 32 })],
      element(
        0x7fe0,
        0x0010,
        'OW',
        Buffer.from(Uint32Array.from(coloured(), (value) => value * 2 ** 32).buffer),
      ),
    ),
  'colours of an odd size': () =>
    dicomOf(
      [...layout({ samples: 3, photometric: 'RGB', allocated: 8, columns: 37, rows: 31 })],
      pixelBytes([...coloured(0, [37, 31]).map(to(256)), 0]),
    ),
  'shared colour differences': () =>
    dicomOf(
      [...layout({ samples: 3, photometric: 'YBR_FULL_422', allocated: 8 })],
      pixelBytes(
        Array.from({ length: PIXELS / 2 }, (_, pair) => pair).flatMap((pair) => {
          const [one, other] = [blocks()[pair * 2]!, blocks()[pair * 2 + 1]!];
          return [one * 255, other * 255, 100 + one * 60, 200 - other * 90].map(Math.floor);
        }),
      ),
    ),
  'a palette of 16 bits': () =>
    dicomOf(
      [
        ...layout({ photometric: 'PALETTE COLOR', allocated: 8 }),
        ...palette([curve(256, 65535), curve(256, 65535).reverse(), curve(256, 4000)]),
      ],
      pixelBytes(blocks().map(to(256))),
    ),
  'a palette in segments': () => {
    // A ramp up, and one down (PS3.3 C.7.9.2.2).
    const segments = words([0, 1, 0, 1, 127, 65535, 1, 128, 0]);
    const tables = [0, 1, 2].flatMap((channel) => [
      element(0x0028, 0x1101 + channel, 'US', words([256, 0, 16])),
      element(0x0028, 0x1221 + channel, 'OW', segments),
    ]);
    return dicomOf(
      [...layout({ photometric: 'PALETTE COLOR', allocated: 8 }), ...tables],
      pixelBytes(blocks().map(to(256))),
    );
  },
  'run lengths of 16 bits, three frames': () =>
    dicomOf(
      [...layout({ frames: 3 }), ...window(2048, 4096)],
      fragments([0, 1, 2].map((frame) => runs(blocks(frame).map(to(4096))))),
      SYNTAX.runs,
    ),
  'nothing but an overlay': () =>
    dicomOf(
      [
        ...layout({ allocated: 8 }),
        element(0x6000, 0x0010, 'US', uint16(ROWS)),
        element(0x6000, 0x0011, 'US', uint16(COLUMNS)),
        element(0x6000, 0x0040, 'CS', 'G'),
        element(0x6000, 0x0050, 'SS', words([1, 1])),
        element(0x6000, 0x0100, 'US', uint16(1)),
        element(0x6000, 0x0102, 'US', uint16(0)),
        element(0x6000, 0x3000, 'OW', Buffer.from(packed(blocks().map((value) => (value > 0.5 ? 1 : 0))))),
      ],
      pixelBytes(Array.from({ length: PIXELS }, () => 0)),
    ),
  'pixels of the representation OX': () => {
    const pixels = pixelWords(blocks().map(to(4096)));
    pixels.write('OX', 4);
    return dicomOf([...layout({ stored: 12 })], pixels);
  },
  'fewer frames than announced': () =>
    dicomOf([...layout({ frames: 5 })], pixelWords([0, 1].flatMap((frame) => blocks(frame).map(to(4096))))),
};

let stack: Stack;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filmroom-kinds-'));
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the viewer shows every frame as the server renders it:', () => {
  it.each(Object.entries(KINDS))('%s', async (kind, bytes) => {
    const path = join(folder, `${Object.keys(KINDS).indexOf(kind)}.dcm`);
    writeFileSync(path, bytes());
    const file = await stack.put(`${kind}.dcm`, bytes());
    const opened = await Window.open(browser, stack);
    await opened.go(`/images/${file.id}`);
    await opened.page.locator('[role=application][data-ready], [role=application] img').waitFor();
    expect(await opened.page.getByRole('note').allInnerTexts()).toEqual([]);
    expect((await faultOfFrames(opened.page, path)).fault).toBeNull();
    expect(opened.faults).toEqual([]);
    await opened.close();
  });
});
