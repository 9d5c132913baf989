import { describe, expect, it } from 'vitest';
import { eachOf } from './eachOf';

describe('eachOf', () => {
  it('goes on after a failure and says which one it was', async () => {
    const broken = new Error('no');
    const outcome = await eachOf([1, 2, 3], (id) => (id === 2 ? Promise.reject(broken) : Promise.resolve()));
    expect(outcome.succeeded.sort()).toEqual([1, 3]);
    expect(outcome.failures).toEqual([{ id: 2, error: broken }]);
  });

  it('never runs more than six at once', async () => {
    let running = 0;
    let most = 0;
    await eachOf(
      Array.from({ length: 40 }, (_, index) => index),
      async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running -= 1;
      },
    );
    expect(most).toBe(6);
  });
});
