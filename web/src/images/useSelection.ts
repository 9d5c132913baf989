import { useCallback, useMemo, useState } from 'react';

/** Chosen files of the list, with ranges by Shift as in a file manager. */
export function useSelection(order: number[]) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [anchor, setAnchor] = useState<number | null>(null);

  const toggle = useCallback(
    (id: number, range = false) => {
      setChosen((before) => {
        const next = new Set(before);
        const [from, to] = [order.indexOf(anchor ?? -1), order.indexOf(id)];
        if (range && from >= 0 && to >= 0) {
          for (const between of order.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(between);
        } else if (!next.delete(id)) {
          next.add(id);
        }
        return next;
      });
      setAnchor(id);
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
