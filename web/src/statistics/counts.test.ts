import { expect, it } from 'vitest';
import type { Api } from '../api/api';
import { countMonths, countUploaders } from './counts';

const { signal } = new AbortController();

it('asks for the total of each month, of the own files or of all', async () => {
  const asked: string[] = [];
  const list = (whose: string) => (query: object) => {
    const { start_date, end_date } = query as Record<string, string>;
    asked.push(`${whose} ${start_date} ${end_date}`);
    return Promise.resolve({ total: Number(start_date?.slice(5, 7)) });
  };
  const api = { allImages: list('all'), myImages: list('my') } as unknown as Api;
  const months = await countMonths(api, false, new Date(2026, 1, 3), signal);
  expect(months).toHaveLength(12);
  expect(months[0]).toEqual({ first: '2026-02-01', last: '2026-02-28', count: 2 });
  expect(months[2]).toEqual({ first: '2025-12-01', last: '2025-12-31', count: 12 });
  expect(asked).toContain('my 2026-02-01 2026-02-28');
  await countMonths(api, true, new Date(2026, 1, 3), signal);
  expect(asked).toContain('all 2026-02-01 2026-02-28');
});

it('puts who has most first, and does not pass over one that fails', async () => {
  const users = () => Promise.resolve({ items: [{ id: 5 }, { id: 7 }] });
  const allImages = (query: object) =>
    Promise.resolve({ total: (query as { uploaded_by: number }).uploaded_by * 10 });
  const found = await countUploaders({ users, allImages } as unknown as Api, signal);
  expect(found.map(({ person, count }) => [person.id, count])).toEqual([
    [7, 70],
    [5, 50],
  ]);
  const failing = () => Promise.reject(new Error('gone'));
  await expect(countUploaders({ users, allImages: failing } as unknown as Api, signal)).rejects.toThrow(
    'gone',
  );
});
