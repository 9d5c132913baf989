import { expect, it, vi } from 'vitest';
import { Prefetch } from './prefetch';

/** Pictures of one byte each, of which `budget` are to be at hand. */
function world(count: number, budget: number, sizeOf = (index: number) => Number(index >= 0)) {
  const loaded = new Set<number>();
  const order: number[] = [];
  const load = (index: number) => {
    order.push(index);
    return Promise.resolve().then(() => void loaded.add(index));
  };
  const size = (index: number) => (loaded.has(index) ? sizeOf(index) : null);
  const prefetch = new Prefetch({ count, budget, expected: 1, sizeOf: size, load });
  return { prefetch, loaded, order };
}

const inOrder = (indices: Iterable<number>) => [...indices].sort((a, b) => a - b);

it('loads the nearest first, and each once', async () => {
  const { prefetch, order } = world(7, 100);
  prefetch.around(3);
  prefetch.around(3);
  await vi.waitFor(() => expect(order).toHaveLength(7));
  expect(order).toEqual([3, 4, 2, 5, 1, 6, 0]);
});

it('keeps within its budget, and follows', async () => {
  const { prefetch, order, loaded } = world(1000, 5);
  prefetch.around(0);
  await vi.waitFor(() => expect(loaded.size).toBe(5));
  prefetch.around(500);
  await vi.waitFor(() => expect(loaded.size).toBe(10));
  expect(inOrder(order)).toEqual([0, 1, 2, 3, 4, 498, 499, 500, 501, 502]);
});

it('loads fewer when they turn out larger than their headers said', async () => {
  const { prefetch, order, loaded } = world(1000, 40, () => 4);
  prefetch.around(0);
  await vi.waitFor(() => expect(loaded.size).toBeGreaterThanOrEqual(10));
  // Those that were on their way when the size of the first ones was learned.
  await vi.waitFor(() => expect(loaded.size).toBe(order.length));
  expect(order.length).toBeLessThanOrEqual(13);
});

it('loads what has been evicted again when the reader comes back', async () => {
  const { prefetch, order, loaded } = world(100, 3);
  prefetch.around(0);
  await vi.waitFor(() => expect(loaded.size).toBe(3));
  prefetch.around(50);
  await vi.waitFor(() => expect(loaded.size).toBe(6));
  for (const index of [0, 1, 2]) loaded.delete(index);
  order.length = 0;
  prefetch.around(0);
  await vi.waitFor(() => expect(loaded.size).toBe(6));
  expect(order).toEqual([0, 1, 2]);
});

it('goes on when one cannot be loaded, and tries that one again only when the reader moves', async () => {
  const { asked, prefetch } = broken(1);
  prefetch.around(0);
  await vi.waitFor(() => expect(asked).toHaveLength(6));
  prefetch.around(0);
  expect(asked).toHaveLength(6);
  prefetch.around(2);
  await vi.waitFor(() => expect(asked).toEqual([0, 1, 2, 3, 4, 5, 1]));
});

it('does not ask twice for what is on its way', () => {
  const asked: number[] = [];
  const load = (index: number) => {
    asked.push(index);
    return new Promise<void>(() => undefined);
  };
  const prefetch = new Prefetch({ count: 9, budget: 9, expected: 1, sizeOf: () => null, load });
  prefetch.around(0);
  prefetch.around(1);
  expect(asked).toEqual([0, 1, 2, 3]);
});

it('ends when it is stopped', async () => {
  const { asked, prefetch } = broken(1);
  prefetch.around(0);
  await vi.waitFor(() => expect(asked).toHaveLength(6));
  prefetch.stop();
  prefetch.around(3);
  expect(asked).toHaveLength(6);
});

/** Six pictures, of which one never comes. */
function broken(which: number) {
  const asked: number[] = [];
  const loaded = new Set<number>();
  const load = (index: number) => {
    asked.push(index);
    if (index === which) return Promise.reject(new Error('broken'));
    loaded.add(index);
    return Promise.resolve();
  };
  const sizeOf = (index: number) => (loaded.has(index) ? 1 : null);
  return { asked, prefetch: new Prefetch({ count: 6, budget: 9, expected: 1, sizeOf, load }) };
}
