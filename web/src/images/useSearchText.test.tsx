// @vitest-environment jsdom
import { fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useSearchText } from './useSearchText';

function Field({ onSearch }: { onSearch: (text: string) => void }) {
  const search = useSearchText('', onSearch);
  return <input value={search.text} {...search.handlers} />;
}

const type = (value: string) => fireEvent.change(screen.getByRole('textbox'), { target: { value } });

describe('useSearchText', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('searches once, after the typist pauses', () => {
    const onSearch = vi.fn();
    render(<Field onSearch={onSearch} />);
    type('c');
    vi.advanceTimersByTime(200);
    type('ct');
    vi.advanceTimersByTime(299);
    expect(onSearch).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onSearch.mock.calls).toEqual([['ct']]);
  });

  it('does not search the letters of an unfinished Chinese word', () => {
    const onSearch = vi.fn();
    const { container } = render(<Field onSearch={onSearch} />);
    const input = container.querySelector('input')!;
    fireEvent.compositionStart(input);
    fireEvent.change(input, { target: { value: 'xiong' } });
    vi.advanceTimersByTime(1_000);
    expect(onSearch).not.toHaveBeenCalled();
    fireEvent.change(input, { target: { value: '胸' } });
    fireEvent.compositionEnd(input);
    vi.advanceTimersByTime(300);
    expect(onSearch.mock.calls).toEqual([['胸']]);
  });
});
