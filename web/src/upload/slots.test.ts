import { describe, expect, it } from 'vitest';
import { Slots } from './slots';

const never = () => new AbortController().signal;

describe('Slots', () => {
  it('lets the next one in only when a place is given back', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    const release = await slots.acquire(never());
    const second = slots.acquire(never()).then(() => order.push('second'));
    order.push('first');
    release();
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('does not count a place twice that is given back twice', async () => {
    const slots = new Slots(1);
    const release = await slots.acquire(never());
    release();
    release();
    await slots.acquire(never());
    const third = await Promise.race([slots.acquire(never()).then(() => 'in'), Promise.resolve('waiting')]);
    expect(third).toBe('waiting');
  });

  it('forgets who gives up waiting', async () => {
    const slots = new Slots(1);
    const release = await slots.acquire(never());
    const impatient = new AbortController();
    const waiting = slots.acquire(impatient.signal);
    impatient.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    release();
    await expect(slots.acquire(never())).resolves.toBeTypeOf('function');
  });
});
