import { useEffect, useRef, useState, type ChangeEvent, type CompositionEvent } from 'react';

/** Long enough for a typist, short enough to feel immediate. */
const PAUSE_MS = 300;

/**
 * Text that is searched after a pause. While an input method composes (拼音), the letters on screen are not yet what
 * the user means, so nothing is searched.
 */
export function useSearchText(value: string, onSearch: (text: string) => void) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const composing = useRef(false);
  // What is searched after the pause goes with the filters of that moment, not with those of the keystroke.
  const search = useRef(onSearch);
  useEffect(() => {
    search.current = onSearch;
  }, [onSearch]);

  // The value changed from outside: back button, a link, cleared filters.
  if (value !== known) {
    setKnown(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  const set = (next: string, pause = 0) => {
    setText(next);
    clearTimeout(timer.current);
    if (composing.current) return;
    timer.current = setTimeout(() => search.current(next), pause);
  };

  const handlers = {
    onChange: (event: ChangeEvent<HTMLInputElement>) => set(event.currentTarget.value, PAUSE_MS),
    onCompositionStart: () => {
      composing.current = true;
      clearTimeout(timer.current);
    },
    onCompositionEnd: (event: CompositionEvent<HTMLInputElement>) => {
      composing.current = false;
      set(event.currentTarget.value, PAUSE_MS);
    },
  };
  return { text, set, handlers };
}
