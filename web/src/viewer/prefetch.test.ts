import { expect, it, vi } from 'vitest';
import { Prefetch } from './prefetch';

function world(count: number, radius: number) {
  const loaded = new Set<number>();
  const order: number[] = [];
  const load = (index: number) => {
    order.push(index);
    return Promise.resolve().then(() => void loaded.add(index));
  };
  const prefetch = new Prefetch({ count, radius, isLoaded: (index) => loaded.has(index), load });
  return { prefetch, loaded, order };
}

it('loads the nearest first, and each once', async () => {
  const { prefetch, order } = world(7, 100);
  prefetch.around(3);
  prefetch.around(3);
  await vi.waitFor(() => expect(order).toHaveLength(7));
  expect(order).toEqual([3, 4, 2, 5, 1, 6, 0]);
});

it('keeps within its radius, and follows', async () => {
  const { prefetch, order, loaded } = world(1000, 2);
  prefetch.around(0);
  await vi.waitFor(() => expect(loaded.size).toBe(3));
  prefetch.around(500);
  await vi.waitFor(() => expect(loaded.size).toBe(8));
  expect([...order].sort((a, b) => a - b)).toEqual([0, 1, 2, 498, 499, 500, 501, 502]);
});

it('goes on when one cannot be loaded, and ends when it is stopped', async () => {
  const asked: number[] = [];
  const load = (index: number) => {
    asked.push(index);
    return index === 1 ? Promise.reject(new Error('broken')) : Promise.resolve();
  };
  const prefetch = new Prefetch({ count: 6, radius: 9, isLoaded: () => false, load });
  prefetch.around(0);
  await vi.waitFor(() => expect(asked).toHaveLength(6));
  prefetch.stop();
  prefetch.around(3);
  expect(asked).toHaveLength(6);
});
