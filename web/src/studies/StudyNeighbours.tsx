import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { studyPage } from '../app/address';
import { itemsOf, keyOfListWith } from '../shell/items';
import { Steps } from '../shell/Steps';
import type { StudyFilters } from './filters';
import { useWorklist, type WorklistKey } from './useWorklist';

interface Props {
  id: number;
  of: number | null;
}

/** The studies before and after this one, in the list that somebody came from. */
export function StudyNeighbours({ id, of }: Props) {
  const queries = useQueryClient();
  const key = keyOfListWith<WorklistKey>(id, queries, ['studies', 'list']);
  if (!key) return null;
  const [, , filters] = key;
  return <InList id={id} of={of} filters={filters} />;
}

function InList({ id, of, filters }: Props & { filters: StudyFilters }) {
  const { t } = useTranslation();
  const list = useWorklist(filters, false);
  return (
    <Steps
      id={id}
      ids={itemsOf(list.data).map((study) => study.id)}
      list={list}
      addressOf={(to) => studyPage(to, of)}
      previous={t('studies.previous')}
      next={t('studies.next')}
    />
  );
}
