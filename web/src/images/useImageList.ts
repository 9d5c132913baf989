import { useInfiniteQuery, type InfiniteData, type QueryKey } from '@tanstack/react-query';
import { useServices } from '../app/context';
import type { ImageFile, ImagePage } from '../api/types';
import { listQuery, listsOwn, type Filters } from './filters';

/** Statuses that change by themselves within seconds. */
const MOVING = new Set(['UPLOADED', 'PROCESSING']);

/** Beyond this many loaded pages the list no longer refreshes itself while files are processed. */
const POLLED_PAGES = 3;

export type ImageList = InfiniteData<ImagePage, string | null>;

/** The list, one page per cursor. The exact total is only asked for once, with the first page. */
export function useImageList(filters: Filters, pageSize: number) {
  const { api, user } = useServices();
  const own = listsOwn(filters, user.isAdmin);
  const query = listQuery(filters, own);
  return useInfiniteQuery<ImagePage, Error, ImageList, QueryKey, string | null>({
    queryKey: ['images', 'list', own, query, pageSize],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) => {
      const page = { ...query, page_size: pageSize, cursor: pageParam, include_total: pageParam === null };
      return own ? api.myImages(page, signal) : api.allImages(page, signal);
    },
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: ({ state: { data } }) => (data && needsPolling(data) ? 2_500 : false),
    placeholderData: (previous) => previous,
  });
}

function needsPolling(list: ImageList): boolean {
  return (
    list.pages.length <= POLLED_PAGES &&
    list.pages[0]?.items.some(({ status }) => MOVING.has(status)) === true
  );
}

/** Loaded files in order. An item that a refetch moved between two pages appears once. */
export function itemsOf(list: ImageList | undefined): ImageFile[] {
  const seen = new Map<number, ImageFile>();
  for (const page of list?.pages ?? []) for (const item of page.items) seen.set(item.id, item);
  return [...seen.values()];
}

/** The list as it will be once these files are gone. */
export function without(list: ImageList, gone: ReadonlySet<number>): ImageList {
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
