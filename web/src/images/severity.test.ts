import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { severityOf, worstOf } from './severity';

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

it('calls harmless what the filter of the worklist leaves out', () => {
  const description = readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8');
  const [, remarks = ''] = /does not count: ([^"]*)\./.exec(description) ?? [];
  const codes = [...remarks.matchAll(/`(\w+)`/g)].map(([, code]) => code ?? '');
  expect(codes).toHaveLength(9);
  expect(codes.filter((code) => severityOf({ code }) !== 'harmless')).toEqual([]);
});
