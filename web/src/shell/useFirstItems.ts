import { useEffect } from 'react';

interface Pages {
  data: unknown;
  hasNextPage: boolean;
  isError: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/**
 * Asks on while a list shows nothing: a page may be empty and not the last one, because the service looks at so many rows at a time.
 * Answers whether it is still looking.
 */
export function useFirstItems(list: Pages, isEmpty: boolean): boolean {
  const { data, hasNextPage, isError, isFetchingNextPage, fetchNextPage } = list;
  const isLooking = isEmpty && hasNextPage && !isError;
  useEffect(() => {
    if (isLooking && !isFetchingNextPage) void fetchNextPage();
    // A page that comes at once changes nothing but the data.
  }, [isLooking, isFetchingNextPage, fetchNextPage, data]);
  return isLooking;
}
