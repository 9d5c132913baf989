import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';

interface Props extends Omit<TextInputProps, 'type' | 'value' | 'onChange' | 'min' | 'max'> {
  value: string;
  min?: string | undefined;
  max?: string | undefined;
  onChange: (date: string) => void;
}

/** A year that is still being typed is one too (0002, 0020, 0202): nobody asks for those. */
const FIRST_YEAR = 1000;
const LAST_DAY = '9999-12-31';

/**
 * A date that can be typed. It keeps what stands in it to itself until it is a whole date: a value that comes back from
 * the page after each digit would empty the field. Emptied, it says so when it is left, or at once by the calendar.
 */
export function DateField({ value, min, max, onChange, ...rest }: Props) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  // The value changed from outside: back button, a link, cleared filters.
  if (value !== known) {
    setKnown(value);
    setText(value);
  }
  const tell = (next: string) => next !== value && onChange(next);
  return (
    <TextInput
      {...rest}
      type="date"
      value={text}
      min={min}
      max={max ?? LAST_DAY}
      onChange={({ currentTarget: { value: next, validity } }) => {
        setText(next);
        const isWhole = next !== '' && Number(next.slice(0, 4)) >= FIRST_YEAR;
        if (isWhole || (next === '' && !validity.badInput && value !== '')) tell(next);
      }}
    />
  );
}
