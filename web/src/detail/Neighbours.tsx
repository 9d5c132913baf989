import { Button } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { itemsOf, type ImageList } from '../images/useImageList';

/** The files before and after this one, in the list that somebody came from. */
export function Neighbours({ id }: { id: number }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const lists = queries.getQueriesData<ImageList>({ queryKey: ['images', 'list'] });
  // The list that was looked at last is the newest one.
  const order = lists
    .map(([, list]) => itemsOf(list).map((file) => file.id))
    .reverse()
    .find((ids) => ids.includes(id));
  if (!order) return null;
  const at = order.indexOf(id);
  return (
    <>
      <Step to={order[at - 1]} label={t('detail.previous')} icon={<IconChevronLeft size={18} />} />
      <Step to={order[at + 1]} label={t('detail.next')} icon={<IconChevronRight size={18} />} />
    </>
  );
}

function Step({ to, label, icon }: { to: number | undefined; label: string; icon: ReactNode }) {
  if (to === undefined) return null;
  return (
    <Button
      component={Link}
      to={`/images/${to}`}
      replace
      variant="default"
      px={8}
      aria-label={label}
      title={label}
    >
      {icon}
    </Button>
  );
}
