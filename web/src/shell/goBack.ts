import type { MouseEvent } from 'react';
import type { NavigateFunction } from 'react-router';

/** Back to the list as it was, filters and place, when that is where the user came from. */
export function goBack(event: MouseEvent, navigate: NavigateFunction): void {
  const came = (window.history.state as { idx?: number } | null)?.idx ?? 0;
  if (came === 0 || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void navigate(-1);
}
