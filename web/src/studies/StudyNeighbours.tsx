import { Button } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useQueryClient, type InfiniteData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import type { Study } from '../api/types';
import { studyPage } from '../app/address';
import { studiesOf } from './WorklistPage';

type Worklist = InfiniteData<{ items: Study[] }>;

/** The studies before and after this one, in the list that somebody came from. */
export function StudyNeighbours({ id, of }: { id: number; of: number | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const lists = queries.getQueriesData<Worklist>({ queryKey: ['studies', 'list'] });
  // The list that was looked at last is the newest one.
  const order = lists
    .map(([, list]) => studiesOf(list).map((study) => study.id))
    .reverse()
    .find((ids) => ids.includes(id));
  const at = order?.indexOf(id) ?? -1;
  const [previous, next] = [order?.[at - 1], order?.[at + 1]];
  const go = (to: number | undefined) =>
    to !== undefined && void navigate(studyPage(to, of), { replace: true });
  useHotkeys([
    ['[', () => go(previous)],
    [']', () => go(next)],
  ]);
  if (!order) return null;
  return (
    <>
      <Step
        to={previous}
        of={of}
        label={t('studies.previous')}
        shortcut="["
        icon={<IconChevronLeft size={18} />}
      />
      <Step to={next} of={of} label={t('studies.next')} shortcut="]" icon={<IconChevronRight size={18} />} />
    </>
  );
}

interface StepProps {
  to: number | undefined;
  of: number | null;
  label: string;
  shortcut: string;
  icon: ReactNode;
}

function Step({ to, of, label, shortcut, icon }: StepProps) {
  if (to === undefined) return null;
  return (
    <Button
      component={Link}
      to={studyPage(to, of)}
      replace
      variant="default"
      px={8}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      title={`${label} (${shortcut})`}
    >
      {icon}
    </Button>
  );
}
