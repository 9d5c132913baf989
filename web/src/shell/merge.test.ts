import { describe, expect, it } from 'vitest';
import { changedFields, differences, merged } from './merge';

const before = { name: 'old', part: '', owner: 'P1' };

describe('two people who change one record', () => {
  it('have changed what is other than before', () => {
    expect(changedFields({ ...before, name: 'mine', part: '' }, before)).toEqual(['name']);
  });

  it('are in conflict only where both touched the same field', () => {
    const mine = { ...before, name: 'mine', part: 'KNEE' };
    const theirs = { ...before, name: 'theirs', owner: 'P2' };
    expect(differences(mine, theirs, before)).toEqual([{ field: 'name', mine: 'mine', theirs: 'theirs' }]);
  });

  it('are not in conflict where both wrote the same', () => {
    const both = { ...before, owner: '10' };
    expect(differences(both, both, before)).toEqual([]);
  });

  it('follow the other side in fields they did not touch', () => {
    const mine = { ...before, name: 'mine' };
    const theirs = { ...before, name: 'theirs', owner: 'P2' };
    expect(merged(mine, theirs, before, [])).toEqual({ name: 'mine', part: '', owner: 'P2' });
    expect(merged(mine, theirs, before, ['name'])).toEqual({ name: 'theirs', part: '', owner: 'P2' });
  });

  it('keep what nobody else changed when the other side is taken in a conflict', () => {
    const mine = { ...before, name: 'mine', part: 'KNEE' };
    const theirs = { ...before, name: 'theirs' };
    const conflicts = differences(mine, theirs, before).map(({ field }) => field);
    expect(merged(mine, theirs, before, conflicts)).toEqual({ name: 'theirs', part: 'KNEE', owner: 'P1' });
  });
});
