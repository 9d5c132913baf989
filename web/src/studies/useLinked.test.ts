import { describe, expect, it } from 'vitest';
import type { Place } from '../viewer/dicom/geometry';
import type { Stage } from '../viewer/stage';
import { Linked } from './useLinked';

/** A stack that shows what it is sent to when the test says so. */
class FakeStage {
  readonly sent: number[] = [];
  private arrive: (() => void)[] = [];
  isOpen = true;

  constructor(
    readonly count: number,
    private readonly space = '',
    private readonly from = 0,
  ) {}

  placeAt(index: number): Place {
    return { normal: [0, 0, 1], along: this.from + index, frameOfReference: this.space };
  }

  showFrame(frame: number): Promise<boolean> {
    this.sent.push(frame - 1);
    return new Promise((resolve) => this.arrive.push(() => resolve(true)));
  }

  async arrived(): Promise<void> {
    for (const act of this.arrive.splice(0)) act();
    await Promise.resolve();
  }

  get stage(): Stage {
    return this as unknown as Stage;
  }
}

function pair(one = new FakeStage(20), other = new FakeStage(20)) {
  const linked = new Linked();
  linked.look(0, 5, one.stage);
  linked.look(1, 2, other.stage);
  return { linked, one, other };
}

describe('two stacks that are linked', () => {
  it('follow each other from where they are, and what one passes on the way is no move of its own', async () => {
    const { linked, one, other } = pair();
    linked.look(0, 6, one.stage);
    linked.look(0, 7, one.stage);
    linked.look(0, 8, one.stage);
    expect(other.sent).toEqual([3, 4, 5]);
    linked.look(1, 3, other.stage);
    linked.look(1, 4, other.stage);
    linked.look(1, 5, other.stage);
    await other.arrived();
    expect(one.sent).toEqual([]);
    linked.look(1, 6, other.stage);
    expect(one.sent).toEqual([9]);
  });

  it('move apart while they are not linked, and together from there on', async () => {
    const { linked, one, other } = pair();
    linked.link(false);
    linked.look(0, 10, one.stage);
    expect(other.sent).toEqual([]);
    linked.link(true);
    linked.look(0, 11, one.stage);
    expect(other.sent).toEqual([3]);
    await other.arrived();
  });

  it('begin at the same place of the patient in one frame of reference', () => {
    const { other } = pair(new FakeStage(20, '1.2'), new FakeStage(20, '1.2', -3));
    expect(other.sent).toEqual([8]);
  });

  it('leave one in peace that was closed', () => {
    const { linked, one, other } = pair();
    other.isOpen = false;
    linked.look(0, 6, one.stage);
    expect(other.sent).toEqual([]);
    expect(linked.share()).toBeCloseTo(6 / 19);
  });
});
