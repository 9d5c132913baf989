import { Button, Skeleton } from '@mantine/core';
import { IconFilterOff, IconPhotoSearch, IconUpload } from '@tabler/icons-react';
import { useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import { count } from '../format';
import { itemsOf } from '../shell/items';
import { EmptyState, Failure } from '../shell/states';
import { UploadLink } from '../shell/UploadLink';
import { FilterBar } from './FilterBar';
import { activeFilters, cleared, parseFilters, parseView, withValues } from './filters';
import { ImageGrid } from './ImageGrid';
import gridClasses from './ImageGrid.module.css';
import { ImageTable } from './ImageTable';
import { SelectionBar } from './SelectionBar';
import { useBulkActions } from './useBulkActions';
import { useImageList } from './useImageList';
import { useListKeys } from './useListKeys';
import { useSelection } from './useSelection';
import type { ListHandle } from './useVirtualRows';

/** Every image the caller may see, as the URL asks for. */
export function ListPage() {
  const { t } = useTranslation();
  const { user } = useServices();
  const [params, setParams] = useAddress();
  const filters = parseFilters(params);
  const view = parseView(params);
  const list = useImageList(filters, view.page_size);
  const total = list.data?.pages[0]?.total;
  const clear = () => setParams(cleared(params));

  return (
    <>
      <div className="page-head">
        <h1>{t('images.title')}</h1>
        <span className="quiet" aria-live="polite">
          {typeof total === 'number' && t('images.total', { count: total })}
        </span>
        <span className="grow" />
        <UploadLink patientId={filters.patient_id} />
      </div>
      <FilterBar
        filters={filters}
        view={view}
        isAdmin={user.isAdmin}
        onChange={(change) => setParams(withValues(params, change), { replace: 'search' in change })}
        onClear={clear}
      />
      {list.isError && !list.data ? (
        <Failure error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <Results list={list} view={view.view} onClear={activeFilters(filters) > 0 ? clear : null} />
      )}
    </>
  );
}

type List = ReturnType<typeof useImageList>;

interface ResultsProps {
  list: List;
  view: 'grid' | 'table';
  /** Clears the filters; null when there are none. */
  onClear: (() => void) | null;
}

function Results({ list, view, onClear }: ResultsProps) {
  const { t } = useTranslation();
  const items = useMemo(() => itemsOf(list.data), [list.data]);
  const order = useMemo(() => items.map(({ id }) => id), [items]);
  const selection = useSelection(order);
  const actions = useBulkActions();
  const idAt = (index: number) => order[index] ?? -1;
  // What comes back by an undo comes back unchosen: the next Delete must not take it again.
  const remove = (ids: number[]) => {
    selection.clear();
    return actions.remove(ids);
  };
  const area = useRef<HTMLDivElement>(null);
  const handle = useRef<ListHandle>(null);
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = list;
  const canLoad = hasNextPage && !isFetching && !isFetchNextPageError;
  const more = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const keys = useListKeys({
    count: items.length,
    area,
    handle,
    choice: {
      toggle: (index, range) => selection.toggle(idAt(index), range),
      remove: (index) => {
        const ids = selection.chosen.size > 0 ? [...selection.chosen] : index === null ? [] : [idAt(index)];
        if (ids.length > 0) void remove(ids);
      },
      all: selection.all,
      clear: selection.clear,
    },
  });

  if (list.isPending) return <GridSkeleton />;
  if (items.length === 0) return onClear ? <NothingMatches onClear={onClear} /> : <NothingYet />;
  const shared = {
    items,
    chosen: selection.chosen,
    active: keys.active,
    handle,
    onToggle: selection.toggle,
    onFocusItem: keys.setActive,
    loadMore: canLoad ? more : null,
    onDrawn: keys.onDrawn,
  };
  return (
    <div ref={area} aria-busy={list.isPlaceholderData} aria-describedby="list-keys">
      <p id="list-keys" className="visually-hidden">
        {t('images.keys')}
      </p>
      {selection.chosen.size > 0 && (
        <SelectionBar
          files={items.filter(({ id }) => selection.chosen.has(id))}
          actions={{ ...actions, remove }}
          onClear={selection.clear}
        />
      )}
      {view === 'grid' ? (
        <ImageGrid {...shared} />
      ) : (
        <ImageTable
          {...shared}
          onToggleAll={() => (selection.chosen.size === items.length ? selection.clear() : selection.all())}
        />
      )}
      <ListEnd list={list} shown={items.length} onMore={more} />
    </div>
  );
}

/** The list loads more by itself when its end is near; the button is for when it does not. */
function ListEnd({ list, shown, onMore }: { list: List; shown: number; onMore: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="list-end">
      {list.isFetchNextPageError && <Failure error={list.error} onRetry={onMore} />}
      {list.hasNextPage ? (
        <Button variant="subtle" loading={list.isFetchingNextPage} onClick={onMore}>
          {t('images.more')}
        </Button>
      ) : (
        <span className="quiet">
          {t('images.end')} · {t('images.loaded', { shown: count(shown) })}
        </span>
      )}
    </div>
  );
}

function NothingYet() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t('images.emptyTitle')}
      hint={t('images.emptyHint')}
      icon={<IconUpload size={56} stroke={1.2} />}
    >
      <Button component={Link} to="/upload">
        {t('images.emptyAction')}
      </Button>
    </EmptyState>
  );
}

function NothingMatches({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t('images.noneTitle')}
      hint={t('images.noneHint')}
      icon={<IconPhotoSearch size={56} stroke={1.2} />}
    >
      <Button variant="default" leftSection={<IconFilterOff size={17} />} onClick={onClear}>
        {t('images.clear')}
      </Button>
    </EmptyState>
  );
}

function GridSkeleton() {
  const { t } = useTranslation();
  return (
    <div className={gridClasses['grid']} aria-busy="true" aria-label={t('app.loading')} role="status">
      {Array.from({ length: 12 }, (_, index) => (
        <Skeleton key={index} height={282} radius={10} />
      ))}
    </div>
  );
}
