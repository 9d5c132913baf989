import { useEffect, useLayoutEffect, useState, useSyncExternalStore, type RefObject } from 'react';

interface Options {
  /** What the rows stand in, and the room of those that are not there. */
  list: RefObject<HTMLElement | null>;
  count: number;
  columns: number;
  /** From the top of one row to the top of the next. */
  rowHeight: number;
  overscan: number;
  /** The end is near when so many rows below those in view are the last. */
  ahead: number;
}

/** Which items of a long list exist on the page, and how much room the others take. */
export interface Span {
  /** Items from here … */
  first: number;
  /** … up to here, without it. */
  end: number;
  before: number;
  after: number;
  isNearEnd: boolean;
  reveal: (index: number) => void;
}

/** What stays on top of the page while it scrolls. */
const HEADER = 58;

/**
 * Only the rows in view exist: ten thousand files are as quick as ten. The page itself scrolls, and every row is as
 * high as the others, so that where one is needs no bookkeeping.
 */
export function useVirtualRows({ list, count, columns, rowHeight, overscan, ahead }: Options): Span {
  /** How far down the page the list begins; null until that is known. */
  const [place, setPlace] = useState<number | null>(null);
  const top = place ?? 0;
  // What stands above the list comes and goes, and the page grows or shrinks by it.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      const now = list.current?.getBoundingClientRect().top;
      if (now !== undefined) setPlace(Math.round(now + window.scrollY));
    });
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list]);
  // Whole rows: the list is drawn anew when another one comes into view, not with each pixel.
  const above = useSyncExternalStore(watchView, () => Math.floor((window.scrollY - top) / rowHeight));
  const visible = useSyncExternalStore(watchView, () => Math.ceil(window.innerHeight / rowHeight) + 1);
  const rows = Math.ceil(count / columns);
  const [start, end] = [above - overscan, above + visible + overscan].map((row) =>
    Math.max(0, Math.min(rows, row)),
  ) as [number, number];
  return {
    first: start * columns,
    end: Math.min(count, end * columns),
    before: start * rowHeight,
    after: (rows - end) * rowHeight,
    isNearEnd: place !== null && above + visible + ahead >= rows,
    reveal: (index) => {
      const from = top + Math.floor(index / columns) * rowHeight - HEADER;
      const to = from + HEADER + rowHeight - window.innerHeight;
      if (window.scrollY > from) window.scrollTo(0, from);
      else if (window.scrollY < to) window.scrollTo(0, to);
    },
  };
}

function watchView(act: () => void): () => void {
  window.addEventListener('scroll', act, { passive: true });
  window.addEventListener('resize', act);
  return () => {
    window.removeEventListener('scroll', act);
    window.removeEventListener('resize', act);
  };
}

/** Where the Tab key stops: at the active item, or at the first one there is while that one is out of view. */
export function reachableOf(active: number, { first, end }: Span): number {
  return active >= first && active < end ? active : first;
}

/** What a list hands to the page around it. */
export interface ListHandle {
  reveal: (index: number) => void;
  columns: () => number;
}

interface Around {
  handle: RefObject<ListHandle | null>;
  /** Loads more items; null while there is nothing to load or it is under way. */
  loadMore: (() => void) | null;
  /** After every change of what is on the page. */
  onDrawn: () => void;
}

/** What a list does for the page around it: shows an item, and loads more when the end is near. */
export function useListHandle(
  { handle: handleRef, loadMore, onDrawn }: Around,
  { reveal, isNearEnd }: Span,
  columns: number,
): void {
  useEffect(() => {
    handleRef.current = { reveal, columns: () => columns };
  });
  useLayoutEffect(onDrawn);
  // Asked anew after every page: whoever is at the end is there still, though nothing moved.
  useEffect(() => {
    if (isNearEnd) loadMore?.();
  }, [isNearEnd, loadMore]);
}
