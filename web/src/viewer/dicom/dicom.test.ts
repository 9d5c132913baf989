import { describe, expect, it } from 'vitest';
import { coloursOf, jpeg2000Facts, markersOf } from './codestream';
import { expandSegments, eightBits, fromYbr } from './colour';
import { DataSet, EXPLICIT, Source } from './elements';
import { contrastOf } from './gray';
import type { Layout } from './layout';
import { sampledFor } from './layout';
import { unpackRuns } from './rle';
import { nativeSamples } from './samples';
import { fromCielab } from './segments';
import { firstInput, levelOf, lookUp, windowOver } from './tone';

const LAYOUT: Layout = {
  rows: 1,
  columns: 2,
  samples: 1,
  photometric: 'MONOCHROME2',
  transformed: false,
  sampling: 'every',
  planar: false,
  bitsAllocated: 16,
  bitsStored: 12,
  unusedLowBits: 0,
  signed: false,
  float: false,
  frames: 1,
};

describe('windows', () => {
  // The example of PS3.3 C.11.2.1.2.1, and C.11.2.1.3.
  it.each([
    [{ center: 2048, width: 4096, shape: 'LINEAR' as const }, 0, 0],
    [{ center: 2048, width: 4096, shape: 'LINEAR' as const }, 4095, 1],
    [{ center: 1, width: 1, shape: 'LINEAR' as const }, 0.5, 0],
    [{ center: 1, width: 1, shape: 'LINEAR' as const }, 0.6, 1],
    [{ center: 10, width: 1, shape: 'LINEAR_EXACT' as const }, 10, 0.5],
    [{ center: 40, width: 400, shape: 'SIGMOID' as const }, 40, 0.5],
    [windowOver([3, 3]), 2, 0],
  ])('%j shows %d as %d', (window, value, level) => {
    expect(levelOf(window, value)).toBeCloseTo(level, 9);
  });

  it('without one, a hot pixel does not decide the contrast, nor does padding', () => {
    const values = Array.from({ length: 2000 }, (_, at) => (at < 1000 ? 100 + (at % 50) : -2000));
    values[5] = 9e6;
    const isPadding = (value: number) => value === -2000;
    expect(contrastOf(values, isPadding)).toEqual([100, 149]);
    expect(contrastOf([7, 7], (value) => value === 7)).toEqual([7, 7]);
  });
});

describe('tables', () => {
  it('begin where their inputs are', () => {
    expect(firstInput(64_512, 4096, [-1024, 3071])).toBe(-1024);
    expect(firstInput(-1024, 1024, [0, 65_535])).toBe(64_512);
    expect(firstInput(100, 10, [0, 50])).toBe(100);
  });

  it('go on with their ends', () => {
    const table = { first: 10, outputs: [1, 2, 3], max: 3 };
    expect([-5, 10, 11, 99, NaN].map((value) => lookUp(table, value))).toEqual([1, 1, 2, 3, 1]);
  });

  it('expand from segments, and lead nowhere if these do', () => {
    // Discrete 10, 20; a ramp of 4 to 100; both again.
    expect(expandSegments([0, 2, 10, 20, 1, 4, 100, 2, 2, 0, 0], 12)).toEqual([
      10, 20, 40, 60, 80, 100, 10, 20, 40, 60, 80, 100,
    ]);
    expect(() => expandSegments([0, 9, 1], 16)).toThrow();
    expect(() => expandSegments([0, 1, 5, 2, 1, 6, 0], 16)).toThrow();
  });
});

describe('samples', () => {
  it('have the sign of their highest stored bit, and none of the bits above', () => {
    const bytes = Uint8Array.from([0xff, 0xff, 0x01, 0x80]);
    expect([...nativeSamples(bytes, { ...LAYOUT, signed: true }, false)]).toEqual([-1, 1]);
    expect([...nativeSamples(bytes, LAYOUT, true)]).toEqual([0xfff, 0x180]);
    const top = { ...LAYOUT, unusedLowBits: 4 };
    expect([...nativeSamples(Uint8Array.from([0xf0, 0xff, 0x10, 0]), top, false)]).toEqual([0xfff, 1]);
  });

  it('of one bit may begin inside a byte', () => {
    const single = { ...LAYOUT, bitsAllocated: 1, bitsStored: 1 };
    expect([...nativeSamples(Uint8Array.from([0b0010_0000, 0]), single, false, 5)]).toEqual([1, 0]);
  });

  it('of colours may be shared, which their length decides', () => {
    const shared: Layout = {
      ...LAYOUT,
      samples: 3,
      photometric: 'YBR',
      sampling: 'pairs',
      bitsAllocated: 8,
      bitsStored: 8,
    };
    expect([...nativeSamples(Uint8Array.from([1, 2, 3, 4]), shared, false)]).toEqual([1, 3, 4, 2, 3, 4]);
    expect(sampledFor(shared, 4).sampling).toBe('pairs');
    expect(sampledFor(shared, 6).sampling).toBe('every');
  });

  it('expand from run lengths, whose first byte is the highest', () => {
    const frame = new Uint8Array(64 + 5);
    frame.set([2, 0, 0, 0, 64, 0, 0, 0, 66, 0, 0, 0]);
    frame.set([0xff, 7, 1, 1, 2], 64);
    expect([...unpackRuns(frame, 2, 1, 2)]).toEqual([1, 7, 2, 7]);
    expect(() => unpackRuns(frame.subarray(0, 67), 2, 1, 2)).toThrow();
  });
});

describe('colours', () => {
  it('are the upper bits of deep ones, and all of shallow ones', () => {
    expect([...eightBits(Uint16Array.from([0xffff, 0x80ff]), { ...LAYOUT, bitsStored: 16 })]).toEqual([
      255, 128,
    ]);
    expect([...eightBits(Uint8Array.from([0, 7]), { ...LAYOUT, bitsStored: 3 })]).toEqual([0, 255]);
  });

  it('come from luminance and differences', () => {
    expect([...fromYbr(Uint8Array.from([76, 85, 255]), false)]).toEqual([254, 0, 0]);
    expect([...fromYbr(Uint8Array.from([16, 128, 128, 235, 128, 128]), true)]).toEqual([
      0, 0, 0, 255, 255, 255,
    ]);
  });

  it('of labels come from CIELab', () => {
    expect(fromCielab(65_535, 32_896, 32_896)).toEqual([255, 255, 255]);
    expect(fromCielab(0, 32_896, 32_896)).toEqual([0, 0, 0]);
  });

  it('of codestreams are what these say, else what the header says', () => {
    const header = { ...LAYOUT, samples: 3 };
    expect(coloursOf('undone', { ...header, photometric: 'YBR' })).toBe('RGB');
    expect(coloursOf('rather-ybr', { ...header, photometric: 'RGB' })).toBe('RGB');
    expect(coloursOf('rather-ybr', { ...header, photometric: 'YBR_PARTIAL' })).toBe('YBR');
    expect(coloursOf('jpeg-2000-silent', { ...header, photometric: 'RGB', transformed: true })).toBe('YBR');
    expect(coloursOf('silent', { ...header, photometric: 'RGB', transformed: true })).toBe('RGB');
  });

  it('are named by the markers of a codestream', () => {
    const frame = (...ids: number[]) => [
      ...[0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3],
      ...ids.flatMap((id) => [id, 0x11, 0]),
    ];
    const start = [0xff, 0xd8];
    const shortAdobe = [0xff, 0xee, 0, 12, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 0, 0, 0, 0];
    const says = (...bytes: number[]) => markersOf(Uint8Array.from([...start, ...bytes])).says;
    expect(says(...frame(1, 2, 3))).toBe('rather-ybr');
    expect(says(...frame(0x52, 0x47, 0x42))).toBe('rgb');
    expect(says(...shortAdobe, ...frame(0, 1, 2))).toBe('rather-ybr');
    expect(
      jpeg2000Facts(Uint8Array.from([0xff, 0x4f, 0xff, 0x51, 0, 2, 0xff, 0x52, 0, 12, 0, 0, 0, 1, 1])),
    ).toEqual({
      transformed: true,
      highThroughput: false,
      ybr: false,
    });
  });
});

describe('elements', () => {
  it('of items without an end, and of unknown representation, are found', () => {
    // (0028,3010) UN of undefined length; an open item with (0028,1050) DS "40", written explicitly; both delimiters.
    const bytes = Uint8Array.from([
      ...[0x28, 0, 0x10, 0x30, 0x55, 0x4e, 0, 0, 0xff, 0xff, 0xff, 0xff],
      ...[0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff],
      ...[0x28, 0, 0x50, 0x10, 0x44, 0x53, 2, 0, 0x34, 0x30],
      ...[0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0],
    ]);
    const source = new Source(bytes);
    const element = source.at(0, EXPLICIT)!;
    expect(source.after(element)).toBe(bytes.length);
    const dataSet = new DataSet(source, new Map([[element.tag, element]]));
    expect(dataSet.sequence(0x0028_3010).map((item) => item.numbers(0x0028_1050))).toEqual([[40]]);
  });
});
