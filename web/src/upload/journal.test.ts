import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import { fingerprint, Journal } from './journal';

const DAY_MS = 86_400_000;
const entry = (key: string) => ({ key, fileId: 1, md5: null });
const keys = async (journal: Journal) => (await journal.all()).map(({ key }) => key);

describe('Journal', () => {
  it('forgets an upload that is finished', async () => {
    const journal = new Journal('w', new IDBFactory());
    await journal.save(entry('a'));
    await journal.save(entry('b'));
    await journal.forget('a');
    expect(await keys(journal)).toEqual(['b']);
  });

  it('forgets everything of a user who signs out, and nothing of others', async () => {
    const browser = new IDBFactory();
    const [mine, theirs] = [new Journal('mine', browser), new Journal('theirs', browser)];
    await mine.save(entry('a'));
    await theirs.save(entry('b'));
    await mine.clear();
    expect(await keys(mine)).toEqual([]);
    expect(await keys(theirs)).toEqual(['b']);
  });

  it('forgets after a week, even what somebody else left behind', async () => {
    const browser = new IDBFactory();
    let now = 0;
    const [mine, theirs] = [
      new Journal('mine', browser, () => now),
      new Journal('theirs', browser, () => now),
    ];
    await theirs.save(entry('old'));
    now += 6 * DAY_MS;
    await mine.save(entry('new'));
    expect(await keys(theirs)).toEqual(['old']);
    now += 2 * DAY_MS;
    expect(await keys(mine)).toEqual(['new']);
    expect(await theirs.find('old')).toBeUndefined();
  });

  it('does without a browser that refuses storage', async () => {
    const refusing = { open: () => failing() } as unknown as IDBFactory;
    const journal = new Journal('w', refusing);
    await journal.save(entry('a'));
    expect(await keys(journal)).toEqual([]);
  });
});

/** A request that fails as soon as somebody listens. */
function failing(): IDBOpenDBRequest {
  const request = { onerror: null as (() => void) | null };
  queueMicrotask(() => request.onerror?.());
  return request as unknown as IDBOpenDBRequest;
}

describe('fingerprint', () => {
  const file = (content: string) => new File([content], 'a.dcm', { lastModified: 1 });

  it('says nothing of the path, which often names a patient', async () => {
    expect(await fingerprint('w', '张三 1960/a.dcm', file('x'))).toMatch(/^[0-9a-f]{64}$/);
  });

  it('differs between users, folders and sizes', async () => {
    const all = await Promise.all([
      fingerprint('w', 'a/a.dcm', file('x')),
      fingerprint('v', 'a/a.dcm', file('x')),
      fingerprint('w', 'b/a.dcm', file('x')),
      fingerprint('w', 'a/a.dcm', file('xy')),
    ]);
    expect(new Set(all).size).toBe(4);
    expect(await fingerprint('w', 'a/a.dcm', file('x'))).toBe(all[0]);
  });
});
