import { describe, expect, it } from 'vitest';
import { binaryLength, dataSetOf, linesOf, matching, text, type DataSet } from './dataSet';

const DATA: DataSet = {
  '00200013': { vr: 'IS', Value: [7] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Zhang^San', Ideographic: '张^三' }] },
  '00080008': { vr: 'CS', Value: ['ORIGINAL', null, 'AXIAL'] },
  '00081140': {
    vr: 'SQ',
    Value: [{ '00081155': { vr: 'UI', Value: ['1.2.3'] } }, { '00081155': { vr: 'UI', Value: ['1.2.4'] } }],
  },
  '00091001': { vr: 'UN', InlineBinary: 'AAECAw==' },
  '00420011': { vr: 'OB', BulkDataURI: 'bulkdata/stored/1024/70000' },
  '00080050': { vr: 'SH' },
};
const names = (tag: string) =>
  ({ '00100010': "Patient's Name", '00081155': 'Referenced SOP Instance UID' })[tag] ?? '';

describe('the elements of a file', () => {
  it('are listed in the order of their tags, with what is in sequences below them', () => {
    const lines = linesOf(dataSetOf([DATA]));
    expect(
      lines.map(({ path, depth, value, items, bytes }) => [path, depth, value ?? items ?? bytes]),
    ).toEqual([
      ['00080008', 0, 'ORIGINAL \\  \\ AXIAL'],
      ['00080050', 0, ''],
      ['00081140', 0, 2],
      ['00081140/0', 1, null],
      ['00081140/0/00081155', 2, '1.2.3'],
      ['00081140/1', 1, null],
      ['00081140/1/00081155', 2, '1.2.4'],
      ['00091001', 0, 4],
      ['00100010', 0, 'Zhang^San=张^三'],
      ['00200013', 0, '7'],
      ['00420011', 0, 70_000],
    ]);
  });

  it.each([
    ['张', ['00100010']],
    ["patient's name", ['00100010']],
    ['(0010,0010)', ['00100010']],
    ['00100010 zhang', ['00100010']],
    ['1.2.4', ['00081140', '00081140/1', '00081140/1/00081155']],
    ['nothing like it', []],
  ])('are found by tag, name and value: %s', (search, paths) => {
    expect(matching(linesOf(DATA), search, names).map(({ path }) => path)).toEqual(paths);
  });

  it('are none where an answer has none', () => {
    expect(linesOf(dataSetOf(null))).toEqual([]);
    expect(linesOf(dataSetOf(['?']))).toEqual([]);
    expect(text(undefined, '00100010')).toBe('');
    expect(binaryLength({ vr: 'OB', BulkDataURI: 'elsewhere' })).toBeNull();
  });

  it('end where sequences are deeper than anybody writes', () => {
    let deep: DataSet = {};
    for (let depth = 0; depth < 200; depth++) deep = { '00081140': { vr: 'SQ', Value: [deep] } };
    expect(linesOf(deep).length).toBeLessThan(40);
  });
});
