import { expect, it } from 'vitest';
import { Twins } from './twins';

const calm = new AbortController().signal;
const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), 5))]);

it('lets the first of the same bytes go, and one after the other when it is over', async () => {
  const twins = new Twins();
  await twins.turn('x', 'a', calm);
  await twins.turn('y', 'other bytes', calm);
  const second = twins.turn('x', 'b', calm);
  const third = twins.turn('x', 'c', calm);
  expect(await settled(second)).toBe(false);
  twins.over('a');
  expect(await settled(second)).toBe(true);
  expect(await settled(third)).toBe(false);
  twins.over('b');
  expect(await settled(third)).toBe(true);
});

it('lets the same file try again, and one that gives up wait no longer', async () => {
  const twins = new Twins();
  await twins.turn('x', 'a', calm);
  await twins.turn('x', 'a', calm);
  const leaving = new AbortController();
  const second = twins.turn('x', 'b', leaving.signal);
  leaving.abort(new Error('paused'));
  await expect(second).rejects.toThrow('paused');
});
