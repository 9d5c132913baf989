import type { QueryClient, QueryKey } from '@tanstack/react-query';

interface Entry {
  id: number;
}

/** A list as far as it has been loaded. */
interface Pages<T> {
  pages: { items: T[] }[];
}

/** Loaded entries in order. One that a refetch moved between two pages appears once. */
export function itemsOf<T extends Entry>(list: Pages<T> | undefined): T[] {
  const items = list?.pages.flatMap((page) => page.items) ?? [];
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/** The key of the list that somebody came from: of those that have this entry, the newest one was looked at last. */
export function keyOfListWith<K extends QueryKey>(
  id: number,
  queries: QueryClient,
  kind: QueryKey,
): K | null {
  const lists = queries.getQueriesData<Pages<Entry>>({ queryKey: kind }).reverse();
  const from = lists.find(([, list]) => itemsOf(list).some((item) => item.id === id));
  return from ? (from[0] as K) : null;
}
