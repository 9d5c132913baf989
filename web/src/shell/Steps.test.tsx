// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServicesContext, type Services } from '../app/context';
import { Neighbours } from '../detail/Neighbours';
import { parseFilters } from '../images/filters';
import { parseStudyFilters } from '../studies/filters';
import { StudyNeighbours } from '../studies/StudyNeighbours';

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({
    matches: false,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  }));
});
afterEach(cleanup);

type Page = { items: { id: number }[]; next_cursor: string | null };

/** Two are loaded of a list that has more. */
const LOADED = {
  pages: [{ items: [{ id: 1 }, { id: 2 }], next_cursor: 'more' }],
  pageParams: [null],
};
const NONE = new URLSearchParams();
const LISTS = [
  {
    list: 'studies',
    key: ['studies', 'list', parseStudyFilters(NONE)],
    asked: 'worklist',
    neighbours: (id: number) => <StudyNeighbours id={id} of={null} />,
    previous: 'studies.previous',
    next: 'studies.next',
  },
  {
    list: 'images',
    key: ['images', 'list', true, parseFilters(NONE), 24],
    asked: 'myImages',
    neighbours: (id: number) => <Neighbours id={id} />,
    previous: 'detail.previous',
    next: 'detail.next',
  },
] as const;

function show(neighbours: ReactNode, key: readonly unknown[], api: Record<string, unknown>) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(key, LOADED);
  const services = { api, user: { name: 'a', isAdmin: false } } as unknown as Services;
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <ServicesContext value={services}>
          <MemoryRouter>{neighbours}</MemoryRouter>
        </ServicesContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
const hrefOf = (name: string) => screen.queryByRole('link', { name })?.getAttribute('href');

describe.each(LISTS)(
  'what stands beside one of the $list',
  ({ list, key, asked, neighbours, previous, next }) => {
    it('is known without asking while it is loaded', () => {
      const page = vi.fn();
      show(neighbours(1), key, { [asked]: page });
      expect(hrefOf(next)).toBe(`/${list}/2`);
      expect(hrefOf(previous)).toBeUndefined();
      expect(page).not.toHaveBeenCalled();
    });

    it('is loaded once the last one that was loaded is open', async () => {
      const page = vi.fn<(asked: { cursor: string }) => Promise<Page>>();
      page.mockResolvedValue({ items: [{ id: 3 }], next_cursor: null });
      show(neighbours(2), key, { [asked]: page });
      await waitFor(() => expect(hrefOf(next)).toBe(`/${list}/3`));
      expect(hrefOf(previous)).toBe(`/${list}/1`);
      expect(page.mock.calls.map(([{ cursor }]) => cursor)).toEqual(['more']);
    });

    it('is asked for again by a click if it could not be loaded, and not before', async () => {
      const page = vi.fn((): Promise<Page> => Promise.resolve({ items: [{ id: 3 }], next_cursor: null }));
      page.mockRejectedValueOnce(new Error('no line'));
      show(neighbours(2), key, { [asked]: page });
      const button = await waitFor(() => {
        expect(page.mock.settledResults[0]?.type).toBe('rejected');
        const found = screen.getByRole<HTMLButtonElement>('button', { name: next });
        expect(found.disabled).toBe(false);
        return found;
      });
      expect(page).toHaveBeenCalledTimes(1);
      fireEvent.click(button);
      await waitFor(() => expect(hrefOf(next)).toBe(`/${list}/3`));
    });
  },
);
