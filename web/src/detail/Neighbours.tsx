import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Filters } from '../images/filters';
import { itemsOf, useImageList, type ImageList, type ImageListKey } from '../images/useImageList';
import { Steps } from '../shell/Steps';

/** The files before and after this one, in the list that somebody came from. */
export function Neighbours({ id }: { id: number }) {
  const queries = useQueryClient();
  const lists = queries.getQueriesData<ImageList>({ queryKey: ['images', 'list'] });
  // The list that was looked at last is the newest one.
  const from = lists.reverse().find(([, list]) => itemsOf(list).some((file) => file.id === id));
  if (!from) return null;
  const [, , , filters, pageSize] = from[0] as ImageListKey;
  return <InList id={id} filters={filters} pageSize={pageSize} />;
}

function InList({ id, filters, pageSize }: { id: number; filters: Filters; pageSize: number }) {
  const { t } = useTranslation();
  const list = useImageList(filters, pageSize, false);
  return (
    <Steps
      id={id}
      ids={itemsOf(list.data).map((file) => file.id)}
      list={list}
      addressOf={(to) => `/images/${to}`}
      previous={t('detail.previous')}
      next={t('detail.next')}
    />
  );
}
