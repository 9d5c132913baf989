// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useInfiniteQuery } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { useFirstItems } from './useFirstItems';

function List({ page }: { page: (number: number) => Promise<string[]> }) {
  const list = useInfiniteQuery({
    queryKey: ['list'],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => page(pageParam),
    getNextPageParam: (_, pages) => (pages.length < 4 ? pages.length : null),
  });
  const items = list.data?.pages.flat() ?? [];
  const isLooking = useFirstItems(list, list.isSuccess && items.length === 0);
  return <p>{isLooking || list.isPending ? 'looking' : items.join(' ') || 'nothing'}</p>;
}

const show = (page: (number: number) => Promise<string[]>) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <List page={page} />
    </QueryClientProvider>,
  );

it('asks for page after page until one has something', async () => {
  const page = vi.fn((number: number) => Promise.resolve(number === 2 ? ['found'] : []));
  show(page);
  await screen.findByText('found');
  expect(page.mock.calls).toEqual([[0], [1], [2]]);
});

it('says that there is nothing after the last page only', async () => {
  const page = vi.fn(() => Promise.resolve([]));
  show(page);
  await screen.findByText('nothing');
  expect(page).toHaveBeenCalledTimes(4);
});
