import { expect, it } from 'vitest';
import { monthsUntil } from './months';

it('goes back month by month, across a year and a leap day', () => {
  expect(monthsUntil(new Date(2024, 2, 31), 4)).toEqual([
    { first: '2024-03-01', last: '2024-03-31' },
    { first: '2024-02-01', last: '2024-02-29' },
    { first: '2024-01-01', last: '2024-01-31' },
    { first: '2023-12-01', last: '2023-12-31' },
  ]);
});
