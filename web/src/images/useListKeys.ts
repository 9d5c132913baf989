import { useCallback, useState, type KeyboardEvent } from 'react';

interface Actions {
  count: number;
  toggle: (index: number, range: boolean) => void;
  remove: (index: number) => void;
  all: () => void;
  clear: () => void;
}

/**
 * Moves the focus through the list with the arrow keys: one tab stop for the whole list (WAI-ARIA roving tabindex).
 * Items carry `data-index`; Enter is the link's own.
 */
export function useListKeys({ count, toggle, remove, all, clear }: Actions) {
  const [active, setActive] = useState(0);

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const target = event.target as HTMLElement;
      const index = Number(target.dataset['index']);
      if (!Number.isInteger(index)) return;
      const step = stepOf(event.key, columnsOf(event.currentTarget));
      if (step !== null) {
        const next = Math.max(0, Math.min(count - 1, step === Infinity ? count - 1 : index + step));
        if (event.shiftKey) toggle(next, true);
        setActive(next);
        event.currentTarget.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
      } else if (event.key === ' ') toggle(index, event.shiftKey);
      else if (event.key === 'Delete') remove(index);
      else if (event.key === 'Escape') clear();
      else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) all();
      else return;
      event.preventDefault();
    },
    [count, toggle, remove, all, clear],
  );

  return { active: Math.min(active, Math.max(0, count - 1)), setActive, onKeyDown };
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

/** How many items stand side by side right now. */
function columnsOf(container: HTMLElement): number {
  const items = [...container.querySelectorAll<HTMLElement>('[data-index]')];
  const top = items[0]?.offsetTop;
  const inFirstRow = items.findIndex(
    (item) => item.getBoundingClientRect().top !== items[0]?.getBoundingClientRect().top,
  );
  return top === undefined ? 1 : inFirstRow < 0 ? items.length : inFirstRow;
}
