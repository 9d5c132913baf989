import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import { ApiError, Unreachable } from '../api/problem';
import { en } from './en';
import { errorText } from './errors';
import { zh } from './zh';

const t = ((key: string) => key) as unknown as TFunction;

function problem(status: number, code: string, errors: { field: string; message: string }[] = []) {
  return new ApiError({ status, code, detail: 'internal detail', request_id: null, errors, extra: {} });
}

/** `a.b.c` of every text. */
function keys(texts: object, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : keys(value as object, `${prefix}${key}.`),
  );
}

const placeholders = (text: string) => (text.match(/{{\w+}}/g) ?? []).sort();
const textAt = (texts: object, key: string) =>
  key.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], texts) as string;

describe('errorText', () => {
  it('translates the code', () => {
    expect(errorText(problem(409, 'version_conflict'), t)).toBe('error.version_conflict');
  });

  it.each([
    [404, 'error.not_found'],
    [409, 'error.conflict'],
    [413, 'error.too_large'],
    [429, 'error.throttled'],
    [500, 'error.internal'],
    [503, 'error.unavailable'],
  ])('falls back to what status %i means when the code is new', (status, key) => {
    expect(errorText(problem(status, 'never_heard_of'), t)).toBe(key);
  });

  it('is not fooled by a code that every object has', () => {
    expect(errorText(problem(500, 'constructor'), t)).toBe('error.internal');
  });

  it('names the wrong fields', () => {
    const errors = [
      { field: 'files[3].patient_id', message: 'is not known' },
      { field: 'colour', message: 'is not a field' },
    ];
    expect(errorText(problem(422, 'invalid', errors), t)).toBe(
      'error.invalid field.patient_id colour: is not a field',
    );
  });

  it('tells a lost network from a defect', () => {
    expect(errorText(new Unreachable(null), t)).toBe('error.unreachable');
    expect(errorText(new Error('bug'), t)).toBe('error.unexpected');
  });
});

describe('languages', () => {
  it('fill the same values into every text', () => {
    const differing = keys(zh).filter(
      (key) => placeholders(textAt(en, key)).join() !== placeholders(textAt(zh, key)).join(),
    );
    expect(differing).toEqual([]);
  });
});
