import { expect, it } from 'vitest';
import { worstOf } from './severity';

const notices = (...codes: string[]) => codes.map((code) => ({ code }));

it('tells what endangers a patient from what only has no picture', () => {
  expect(worstOf(notices('waveform', 'patient_mismatch', 'type_mismatch'))).toBe('grave');
  expect(worstOf(notices('waveform', 'type_mismatch'))).toBe('check');
  expect(worstOf(notices('waveform'))).toBe('harmless');
  expect(worstOf([])).toBeNull();
});

it('has somebody look at a remark it does not know', () => {
  expect(worstOf(notices('something_new'))).toBe('check');
});
