import { useEffect, useEffectEvent, useRef, useState, type RefObject } from 'react';
import type { ListHandle } from './useVirtualRows';

interface Actions {
  count: number;
  /** The list and the bar above it. */
  area: RefObject<HTMLElement | null>;
  handle: RefObject<ListHandle | null>;
  /** What can be chosen in the list, and deleted from it; without it the keys only move. */
  choice?: Choice;
}

interface Choice {
  toggle: (index: number, range: boolean) => void;
  /** Without an index: what is chosen. */
  remove: (index: number | null) => void;
  all: () => void;
  clear: () => void;
}

/**
 * Moves the focus through the list with the arrow keys: one tab stop for the whole list (WAI-ARIA roving tabindex).
 * Items carry `data-index`; Enter is the link's own. What acts on the choice works wherever the mouse left the focus:
 * on a checkbox, a button of the bar, or nothing at all.
 */
export function useListKeys({ count, area, handle, choice }: Actions) {
  const [active, setActive] = useState(0);
  /** Gets the focus as soon as it exists. */
  const wanted = useRef<number | null>(null);

  const move = (index: number, step: number, range: boolean) => {
    const next = Math.max(0, Math.min(count - 1, step === Infinity ? count - 1 : index + step));
    if (range) choice?.toggle(next, true);
    wanted.current = next;
    setActive(next);
    handle.current?.reveal(next);
    focusItem(area.current, wanted);
  };
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || !isForList(target, area.current)) return;
    const index = target.dataset['index'] === undefined ? null : Number(target.dataset['index']);
    const step = index === null ? null : stepOf(event.key, handle.current?.columns() ?? 1);
    if (index !== null && step !== null) move(index, step, event.shiftKey);
    else if (!choice) return;
    else if (event.key === ' ' && index !== null) choice.toggle(index, event.shiftKey);
    else if (event.key === 'Delete') choice.remove(index);
    else if (event.key === 'Escape') choice.clear();
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) choice.all();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, []);
  // A row that was out of view exists only once the list has drawn it.
  const onDrawn = () => focusItem(area.current, wanted);

  return { active: Math.min(active, Math.max(0, count - 1)), setActive, move, onDrawn };
}

function focusItem(area: HTMLElement | null, wanted: RefObject<number | null>): void {
  const item = area?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
  if (wanted.current === null || !item) return;
  wanted.current = null;
  item.focus();
}

/** Keys that somebody types, or presses in a dialog or a menu, are not meant for the list. */
function isForList(target: HTMLElement, area: HTMLElement | null): boolean {
  if (target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]')) return false;
  if (document.querySelector('[role=dialog], [role=menu]')) return false;
  // A click beside everything gives the focus to the page, or to the main part of it.
  return area !== null && (target.contains(area) || area.contains(target));
}

function stepOf(key: string, columns: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return 1;
    case 'ArrowLeft':
      return -1;
    case 'ArrowDown':
      return columns;
    case 'ArrowUp':
      return -columns;
    case 'Home':
      return -Infinity;
    case 'End':
      return Infinity;
    default:
      return null;
  }
}
