import { expect, it } from 'vitest';
import { readBeside, withBeside } from './beside';

it('stands in the address, so that a link shows the same comparison', () => {
  const params = withBeside(new URLSearchParams('series=5'), { studyId: 7, seriesId: 241413742600009 });
  expect(params.toString()).toBe('series=5&beside=7.241413742600009');
  expect(readBeside(params)).toEqual({ studyId: 7, seriesId: 241413742600009 });
  expect(withBeside(params, null).toString()).toBe('series=5');
});

it.each(['', '7', '7.', 'a.b', '1.99999999999999999999', '1.2.3'])(
  'drops what it does not understand: %s',
  (text) => {
    expect(readBeside(new URLSearchParams({ beside: text }))).toBeNull();
  },
);
