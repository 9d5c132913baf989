import { Button, Skeleton } from '@mantine/core';
import { IconFilterOff, IconFolders, IconUsersGroup } from '@tabler/icons-react';
import { useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { given } from '../api/api';
import { addressOf, useAddress } from '../app/address';
import { useServices } from '../app/context';
import type { ListHandle } from '../images/useVirtualRows';
import { useListKeys } from '../images/useListKeys';
import { itemsOf } from '../shell/items';
import { EmptyState, Failure } from '../shell/states';
import { UploadLink } from '../shell/UploadLink';
import { narrowing, ownerOf, parseStudyFilters, withStudyValues, type StudyFilters } from './filters';
import { StudyFilterBar } from './StudyFilterBar';
import { StudyTable } from './StudyTable';
import { useWorklist } from './useWorklist';

/** The studies of the caller, as the address asks for. */
export function WorklistPage() {
  const { t } = useTranslation();
  const [params, setParams] = useAddress();
  const filters = parseStudyFilters(params);
  const list = useWorklist(filters);
  const studies = useMemo(() => itemsOf(list.data), [list.data]);
  const total = list.data?.pages[0]?.total;
  const clear = () => setParams(filters.sort === '-study_date' ? {} : { sort: filters.sort });
  const change = (next: Partial<StudyFilters>) =>
    setParams(withStudyValues(params, next), { replace: 'search' in next });
  const onClear = narrowing(filters) > 0 ? clear : null;
  const area = useRef<HTMLDivElement>(null);
  const handle = useRef<ListHandle>(null);
  const keys = useListKeys({ count: studies.length, area, handle });
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = list;
  const more = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const canLoad = hasNextPage && !isFetching && !isFetchNextPageError;

  return (
    <>
      <div className="page-head">
        <h1>{t('studies.title')}</h1>
        <span className="quiet" aria-live="polite">
          {total !== undefined && t('studies.total', { count: total })}
        </span>
        <span className="grow" />
        <Everybody filters={filters} />
        <UploadLink patientId={filters.patient_id} />
      </div>
      <StudyFilterBar
        filters={filters}
        onChange={change}
        onClear={onClear}
        onDown={() => studies.length > 0 && keys.move(0, 0, false)}
      />
      {list.isError && !list.data && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Waiting />}
      {list.isSuccess && studies.length === 0 && <Nothing filters={filters} onClear={onClear} />}
      {studies.length > 0 && (
        <div ref={area} aria-busy={list.isPlaceholderData} aria-describedby="list-keys">
          <p id="list-keys" className="visually-hidden">
            {t('studies.keys')}
          </p>
          <StudyTable
            studies={studies}
            sort={filters.sort}
            of={ownerOf(filters.uploaded_by)}
            active={keys.active}
            handle={handle}
            onSort={(sort) => change({ sort })}
            onFocusItem={keys.setActive}
            loadMore={canLoad ? more : null}
            onDrawn={keys.onDrawn}
          />
          <End list={list} onMore={more} />
        </div>
      )}
    </>
  );
}

/** A worklist has one person's studies. An administrator who does not know whose finds a file of it, and from there the study. */
function Everybody({ filters: { search, modality, patient_id } }: { filters: StudyFilters }) {
  const { t } = useTranslation();
  const { user } = useServices();
  if (!user.isAdmin) return null;
  return (
    <Button
      component={Link}
      to={{ pathname: '/images', ...addressOf(given({ search, modality, patient_id })) }}
      variant="default"
      leftSection={<IconUsersGroup size={17} />}
      title={t('studies.everybodyHint')}
    >
      {t('studies.everybody')}
    </Button>
  );
}

interface NothingProps {
  filters: StudyFilters;
  onClear: (() => void) | null;
}

function Nothing({ filters, onClear }: NothingProps) {
  const { t } = useTranslation();
  const { user } = useServices();
  if (onClear) {
    return (
      <EmptyState
        title={t('studies.noneTitle')}
        hint={t('studies.noneHint')}
        icon={<IconFolders size={56} stroke={1.2} />}
      >
        <Button variant="default" leftSection={<IconFilterOff size={17} />} onClick={onClear}>
          {t('images.clear')}
        </Button>
      </EmptyState>
    );
  }
  // Administrators rarely upload: what they look for is somebody else's.
  const asAdmin = user.isAdmin && filters.uploaded_by === '';
  return (
    <EmptyState
      title={t('studies.emptyTitle')}
      hint={t(asAdmin ? 'studies.emptyAdminHint' : 'studies.emptyHint')}
      icon={<IconFolders size={56} stroke={1.2} />}
    >
      <Button component={Link} to="/upload">
        {t('images.emptyAction')}
      </Button>
    </EmptyState>
  );
}

interface EndProps {
  list: Pick<
    ReturnType<typeof useWorklist>,
    'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError' | 'error'
  >;
  onMore: () => void;
}

/** The list loads more by itself when its end is near; the button is for when it does not. */
function End({ list, onMore }: EndProps) {
  const { t } = useTranslation();
  return (
    <div className="list-end">
      {list.isFetchNextPageError && <Failure error={list.error} onRetry={onMore} />}
      {list.hasNextPage ? (
        <Button variant="subtle" loading={list.isFetchingNextPage} onClick={onMore}>
          {t('images.more')}
        </Button>
      ) : (
        <span className="quiet">{t('images.end')}</span>
      )}
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div aria-busy="true" aria-label={t('app.loading')} role="status">
      <Skeleton height={360} radius={10} />
    </div>
  );
}
