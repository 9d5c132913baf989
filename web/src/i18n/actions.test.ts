import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { zh } from './zh';

// The codes of errors, reasons and warnings are types: zh.ts does not compile without a text for each of them.
describe('the actions of the access log', () => {
  it('have a text each', () => {
    const source = readFileSync(
      new URL('../../../shared/service/src/auth/access.rs', import.meta.url),
      'utf8',
    );
    const names = [...source.matchAll(/Self::\w+ => "([a-z_]+)"/g)].map((match) => match[1] ?? '');
    expect(names).toContain('download');
    expect(names.filter((name) => !Object.hasOwn(zh.action, name))).toEqual([]);
  });
});
