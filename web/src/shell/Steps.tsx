import { Button } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { Link, useNavigate, type To } from 'react-router';

interface List {
  hasNextPage: boolean;
  isFetching: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: (options: { cancelRefetch: boolean }) => unknown;
}

interface Props {
  id: number;
  /** What was loaded of the list that somebody came from, in its order. */
  ids: readonly number[];
  list: List;
  addressOf: (id: number) => To;
  previous: string;
  next: string;
}

/** To what stands before and after in a list. At the end of what was loaded of it, more is loaded. */
export function Steps({ id, ids, list, addressOf, previous, next }: Props) {
  const navigate = useNavigate();
  const at = ids.indexOf(id);
  const [before, after] = at < 0 ? [] : [ids[at - 1], ids[at + 1]];
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = list;
  const isMissing = at >= 0 && after === undefined && hasNextPage;
  const canLoad = isMissing && !isFetching && !isFetchNextPageError;
  useEffect(() => {
    if (canLoad) void fetchNextPage({ cancelRefetch: false });
  }, [canLoad, fetchNextPage]);
  const go = (to: number | undefined) => to !== undefined && void navigate(addressOf(to), { replace: true });
  useHotkeys([
    ['[', () => go(before)],
    [']', () => go(after)],
  ]);
  return (
    <>
      {before !== undefined && (
        <Step to={addressOf(before)} label={previous} shortcut="[">
          <IconChevronLeft size={18} />
        </Step>
      )}
      {after !== undefined && (
        <Step to={addressOf(after)} label={next} shortcut="]">
          <IconChevronRight size={18} />
        </Step>
      )}
      {isMissing && (
        <Button
          variant="default"
          px={8}
          aria-label={next}
          title={next}
          loading={isFetching}
          onClick={() => void fetchNextPage({ cancelRefetch: false })}
        >
          <IconChevronRight size={18} />
        </Button>
      )}
    </>
  );
}

interface StepProps {
  to: To;
  label: string;
  shortcut: string;
  children: ReactNode;
}

function Step({ to, label, shortcut, children }: StepProps) {
  return (
    <Button
      component={Link}
      to={to}
      replace
      variant="default"
      px={8}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      title={`${label} (${shortcut})`}
    >
      {children}
    </Button>
  );
}
