import { expect, it } from 'vitest';
import type { DataSet, Element } from './dataSet';
import { reportOf } from './report';

const one = (vr: string, value: unknown): Element => ({ vr, Value: [value] });
const code = (meaning: string, value = 'x'): Element =>
  one('SQ', { '00080100': one('SH', value), '00080104': one('LO', meaning) });
const item = (kind: string, concept: string, more: DataSet): DataSet => ({
  '0040A040': one('CS', kind),
  '0040A043': code(concept),
  ...more,
});

it('says what a report says, in its order', () => {
  const width = one('SQ', { '0040A30A': one('DS', 12.5), '004008EA': code('millimetre', 'mm') });
  const found = item('CONTAINER', 'Findings', {
    '0040A730': {
      vr: 'SQ',
      Value: [
        item('TEXT', 'Finding', { '0040A160': one('UT', '右肺结节') }),
        item('NUM', 'Width', { '0040A300': width }),
        item('CODE', 'Side', { '0040A168': code('Right') }),
        item('IMAGE', 'Source', { '00081199': one('SQ', { '00081155': one('UI', '1.2.3') }) }),
        item('SCOORD', 'Outline', {}),
      ],
    },
  });
  const report = reportOf({
    '0040A043': code('CT Report'),
    '0040A491': one('CS', 'COMPLETE'),
    '0040A493': one('CS', 'UNVERIFIED'),
    '0040A730': one('SQ', found),
  });
  expect(report).toMatchObject({ title: 'CT Report', completion: 'COMPLETE', verification: 'UNVERIFIED' });
  expect(report.content.map(({ concept, value }) => [concept, value])).toEqual([['Findings', '']]);
  expect(report.content[0]?.children.map(({ concept, value }) => [concept, value])).toEqual([
    ['Finding', '右肺结节'],
    ['Width', '12.5 mm'],
    ['Side', 'Right'],
    ['Source', '1.2.3'],
    ['Outline', ''],
  ]);
});

it('says nothing where there is nothing', () => {
  expect(reportOf({})).toEqual({ title: '', completion: '', verification: '', content: [] });
});
