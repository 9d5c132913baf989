import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Filters } from '../images/filters';
import { useImageList, type ImageListKey } from '../images/useImageList';
import { itemsOf, keyOfListWith } from '../shell/items';
import { Steps } from '../shell/Steps';

/** The files before and after this one, in the list that somebody came from. */
export function Neighbours({ id }: { id: number }) {
  const queries = useQueryClient();
  const key = keyOfListWith<ImageListKey>(id, queries, ['images', 'list']);
  if (!key) return null;
  const [, , , filters, pageSize] = key;
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
