import { expect, it, vi } from 'vitest';
import { Signer } from './signer';

const IDS = Array.from({ length: 100 }, (_, index) => 1_000 + index);

function service() {
  const asked: number[][] = [];
  const downloadUrls = vi.fn((ids: number[]) => {
    asked.push(ids);
    const signed = ids.map((id) => [id, { url: `u${id}`, expires_at: '2999-01-01T00:00:00Z' }]);
    return Promise.resolve({ items: Object.fromEntries(signed), errors: {} });
  });
  const api = { downloadUrls } as unknown as ConstructorParameters<typeof Signer>[0];
  return { asked, signer: new Signer(api, IDS) };
}

it('signs twenty at a time for whoever reads on, and none twice', async () => {
  const { asked, signer } = service();
  for (const id of IDS) expect(await signer.urlOf(id)).toBe(`u${id}`);
  expect(asked.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20]);
  expect(asked.flat()).toEqual(IDS);
});

it('signs as many for whoever turns back from the end', async () => {
  const { asked, signer } = service();
  const back = [...IDS].reverse();
  for (const id of back) expect(await signer.urlOf(id)).toBe(`u${id}`);
  expect(asked.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20]);
  expect(asked.flat()).toEqual(back);
});

it('signs anew what was not taken, and that only', async () => {
  const { asked, signer } = service();
  await signer.urlOf(1_000);
  signer.forget(1_003);
  expect(await signer.urlOf(1_003)).toBe('u1003');
  expect(asked[1]).toEqual([1_003, 1_020, 1_021, 1_022]);
});
