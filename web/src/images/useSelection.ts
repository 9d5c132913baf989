import { useCallback, useMemo, useState } from 'react';

/** Chosen files of the list, with ranges by Shift as in a file manager. */
export function useSelection(order: number[]) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [anchor, setAnchor] = useState<number | null>(null);

  /** Several at once stand together in the list, and are chosen or not together. */
  const toggle = useCallback(
    (ids: number | readonly number[], range = false) => {
      const together = typeof ids === 'number' ? [ids] : ids;
      const [first = -1] = together;
      setChosen((before) => {
        const next = new Set(before);
        const [from, to] = [order.indexOf(anchor ?? -1), order.indexOf(first)];
        if (range && from >= 0 && to >= 0) {
          const end = Math.max(from, to + together.length - 1);
          for (const between of order.slice(Math.min(from, to), end + 1)) next.add(between);
        } else if (together.every((id) => before.has(id))) {
          for (const id of together) next.delete(id);
        } else {
          for (const id of together) next.add(id);
        }
        return next;
      });
      setAnchor(first);
    },
    [order, anchor],
  );

  // What a filter or a deletion took off the list is no longer chosen.
  const visible = useMemo(() => new Set(order.filter((id) => chosen.has(id))), [order, chosen]);
  const all = useCallback(() => setChosen(new Set(order)), [order]);
  const clear = useCallback(() => setChosen(new Set()), []);
  return { chosen: visible, toggle, all, clear };
}

export type Selection = ReturnType<typeof useSelection>;
