import type { MouseEvent } from 'react';
import type { NavigateFunction } from 'react-router';

/** Whether the page before this one in the browser's history is one of these pages. */
export const cameFromHere = () => ((window.history.state as { idx?: number } | null)?.idx ?? 0) > 0;

/** Back to the list as it was, filters and place, when that is where the user came from. */
export function goBack(event: MouseEvent, navigate: NavigateFunction): void {
  if (!cameFromHere() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void navigate(-1);
}
