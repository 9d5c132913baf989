import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useServices } from '../app/context';
import { studyQuery, type StudyFilters } from './filters';

const PAGE_SIZE = 50;

export type WorklistKey = readonly ['studies', 'list', StudyFilters];

/** The worklist, one page per cursor. `asks`: whether it is loaded by itself, or only when more of it is wanted. */
export function useWorklist(filters: StudyFilters, asks = true) {
  const { api } = useServices();
  const queryKey: WorklistKey = ['studies', 'list', filters];
  return useInfiniteQuery({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.worklist({ ...studyQuery(filters), page_size: PAGE_SIZE, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    // Rows follow a change by two seconds: who comes back from one sees it.
    staleTime: 2_000,
    enabled: asks,
  });
}
