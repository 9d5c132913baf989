import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { studyPage } from '../app/address';
import { Steps } from '../shell/Steps';
import type { StudyFilters } from './filters';
import { studiesOf, useWorklist, type Worklist, type WorklistKey } from './useWorklist';

interface Props {
  id: number;
  of: number | null;
}

/** The studies before and after this one, in the list that somebody came from. */
export function StudyNeighbours({ id, of }: Props) {
  const queries = useQueryClient();
  const lists = queries.getQueriesData<Worklist>({ queryKey: ['studies', 'list'] });
  // The list that was looked at last is the newest one.
  const from = lists.reverse().find(([, list]) => studiesOf(list).some((study) => study.id === id));
  if (!from) return null;
  const [, , filters] = from[0] as WorklistKey;
  return <InList id={id} of={of} filters={filters} />;
}

function InList({ id, of, filters }: Props & { filters: StudyFilters }) {
  const { t } = useTranslation();
  const list = useWorklist(filters, false);
  return (
    <Steps
      id={id}
      ids={studiesOf(list.data).map((study) => study.id)}
      list={list}
      addressOf={(to) => studyPage(to, of)}
      previous={t('studies.previous')}
      next={t('studies.next')}
    />
  );
}
