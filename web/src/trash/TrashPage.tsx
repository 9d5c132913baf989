import { Skeleton } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import type { TrashedFile } from '../api/types';
import { useBulkActions } from '../images/useBulkActions';
import { without } from '../images/useImageList';
import { useListKeys } from '../images/useListKeys';
import { useSelection } from '../images/useSelection';
import type { ListHandle } from '../images/useVirtualRows';
import { itemsOf } from '../shell/items';
import { SearchField } from '../shell/SearchField';
import { EmptyState, Failure, LoadMore } from '../shell/states';
import { filesOf, linesOf } from './entries';
import { RestoreBar } from './RestoreBar';
import { TrashList } from './TrashList';

const KEY = ['images', 'trash'];

/** Deleted files, until the day they are purged. */
export function TrashPage() {
  const { t } = useTranslation();
  const [params] = useAddress();
  const search = params.get('search') ?? '';
  const list = useTrash(search);
  const files = useMemo(() => itemsOf(list.data), [list.data]);
  return (
    <>
      <div className="page-head">
        <h1>{t('trash.title')}</h1>
        <SearchField label={t('images.searchLabel')} />
        <span className="quiet">{t('trash.hint')}</span>
      </div>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton height={320} />}
      {list.isSuccess && files.length === 0 && (
        <EmptyState
          title={t(search ? 'trash.noneTitle' : 'trash.emptyTitle')}
          hint={t(search ? 'trash.noneHint' : 'trash.emptyHint')}
          icon={<IconTrash size={56} stroke={1.2} />}
        />
      )}
      {files.length > 0 && <Files list={list} files={files} isFound={search !== ''} />}
      <LoadMore list={list} />
    </>
  );
}

function useTrash(search: string) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: [...KEY, search],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => api.trash({ page_size: 48, cursor: pageParam, search }, signal),
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
}

interface FilesProps {
  list: ReturnType<typeof useTrash>;
  files: TrashedFile[];
  /** By a search: a study may have others. */
  isFound: boolean;
}

function Files({ list, files, isFound }: FilesProps) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const lines = useMemo(() => linesOf(files, open), [files, open]);
  const order = useMemo(
    () =>
      linesOf(files, new Set())
        .flatMap(filesOf)
        .map(({ id }) => id),
    [files],
  );
  const selection = useSelection(order);
  const restore = useBringBack();
  const area = useRef<HTMLDivElement>(null);
  const handle = useRef<ListHandle>(null);
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = list;
  const more = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const toggle = (index: number, range: boolean) => {
    const line = lines[index];
    if (line)
      selection.toggle(
        filesOf(line).map(({ id }) => id),
        range,
      );
  };
  const keys = useListKeys({
    count: lines.length,
    area,
    handle,
    choice: { toggle, remove: () => undefined, all: selection.all, clear: selection.clear },
  });
  return (
    <div ref={area} aria-busy={list.isPlaceholderData}>
      {selection.chosen.size > 0 && (
        <RestoreBar
          count={selection.chosen.size}
          onRestore={() => restore([...selection.chosen])}
          onClear={selection.clear}
        />
      )}
      <TrashList
        lines={lines}
        selection={selection}
        isAllChosen={selection.chosen.size === files.length}
        isAll={!hasNextPage && !isFound}
        now={list.dataUpdatedAt}
        open={open}
        active={keys.active}
        handle={handle}
        onOpen={(id) => setOpen(toggled(open, id))}
        onRestore={(id) => void restore([id])}
        onToggle={toggle}
        onFocusItem={keys.setActive}
        loadMore={hasNextPage && !isFetching && !isFetchNextPageError ? more : null}
        onDrawn={keys.onDrawn}
      />
    </div>
  );
}

/** Takes files off the list at once and restores them; those that the service refused come back. */
function useBringBack() {
  const queries = useQueryClient();
  const { restore } = useBulkActions();
  return async (ids: number[]) => {
    await queries.cancelQueries({ queryKey: KEY });
    const gone = new Set(ids);
    queries.setQueriesData<ReturnType<typeof useTrash>['data']>(
      { queryKey: KEY },
      (list) => list && without(list, gone),
    );
    await restore(ids);
  };
}

function toggled(set: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}
