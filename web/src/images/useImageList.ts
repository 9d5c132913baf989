import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { useServices } from '../app/context';
import type { ImageFile, ImagePage } from '../api/types';
import { itemsOf } from '../shell/items';
import { fullQuery, listsOwn, sharedQuery, type Filters } from './filters';

/** Statuses that change by themselves within seconds. */
const MOVING = new Set(['UPLOADED', 'PROCESSING']);

/** Beyond this many loaded pages the list no longer refreshes itself while files are processed. */
const POLLED_PAGES = 3;

export type ImageList = InfiniteData<ImagePage, string | null>;
/** What a list and the trash have in common. */
type Pages<T> = { pages: { total: number | null; items: T[] }[] };

export type ImageListKey = readonly ['images', 'list', boolean, Filters, number];

/**
 * The list, one page per cursor. The exact total is only asked for once, with the first page. `asks`: whether it is loaded by itself, or
 * only when more of it is wanted.
 */
export function useImageList(filters: Filters, pageSize: number, asks = true) {
  const { api, user } = useServices();
  const own = listsOwn(filters, user.isAdmin);
  return useInfiniteQuery<ImagePage, Error, ImageList, ImageListKey, string | null>({
    queryKey: ['images', 'list', own, filters, pageSize],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) => {
      const page = { page_size: pageSize, cursor: pageParam, include_total: pageParam === null };
      return own
        ? api.myImages({ ...sharedQuery(filters), ...page }, signal)
        : api.allImages({ ...fullQuery(filters), ...page }, signal);
    },
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: ({ state: { data } }) => (data && needsPolling(data) ? 2_500 : false),
    placeholderData: (previous) => previous,
    enabled: asks,
  });
}

function needsPolling(list: ImageList): boolean {
  return (
    list.pages.length <= POLLED_PAGES &&
    list.pages[0]?.items.some(({ status }) => MOVING.has(status)) === true
  );
}

/** The list as it will be once these files are gone. */
export function without<L extends Pages<ImageFile>>(list: L, gone: ReadonlySet<number>): L {
  const removed = itemsOf(list).filter(({ id }) => gone.has(id)).length;
  return {
    ...list,
    pages: list.pages.map((page) => ({
      ...page,
      total: page.total === null ? null : Math.max(0, page.total - removed),
      items: page.items.filter(({ id }) => !gone.has(id)),
    })),
  };
}
