import { useCallback, useMemo, useRef, useState } from 'react';
import type { Stage } from '../viewer/stage';
import { besideOf, isSameSpace } from './follow';

interface Pane {
  stage: Stage | null;
  at: number;
  /** Where it is being sent: what it passes on the way is nobody's move. */
  sent: number | null;
}

type Which = 0 | 1;

/** Two stacks side by side. While they are linked, each follows what is done to the other. */
export function useLinked() {
  const [linked, setLinked] = useState(true);
  const both = useRef(new Linked());
  const link = useCallback((on: boolean) => {
    both.current.link(on);
    setLinked(on);
  }, []);
  const looks = useMemo(
    () => ({
      first: (index: number, stage: Stage) => both.current.look(0, index, stage),
      second: (index: number, stage: Stage) => both.current.look(1, index, stage),
    }),
    [],
  );
  /** How far through its stack the first pane is, from 0 to 1: a second one begins there. */
  const share = useCallback(() => both.current.share(), []);
  return { linked, link, share, ...looks };
}

export class Linked {
  private readonly panes: [Pane, Pane] = [
    { stage: null, at: 0, sent: null },
    { stage: null, at: 0, sent: null },
  ];
  private anchors: [number, number] = [0, 0];
  private linked = true;

  /** From now on they move together, from where they are. */
  link(on: boolean): void {
    this.linked = on;
    this.anchor();
  }

  /** A stack shows this slice, counted from 0. */
  look(which: Which, index: number, stage: Stage): void {
    const pane = this.panes[which];
    if (pane.stage !== stage) {
      Object.assign(pane, { stage, at: index, sent: null });
      this.anchor();
      if (which === 1) this.meet();
      return;
    }
    const moved = index !== pane.at;
    pane.at = index;
    const isFollowing = pane.sent !== null;
    if (pane.sent === index) pane.sent = null;
    if (!isFollowing && moved && this.linked) this.lead(which);
  }

  share(): number {
    const { stage, at } = this.panes[0];
    return stage?.isOpen && stage.count > 1 ? at / (stage.count - 1) : 0;
  }

  private anchor(): void {
    this.anchors = [this.panes[0].at, this.panes[1].at];
  }

  /** The other stack goes to what lies beside. */
  private lead(which: Which): void {
    const [own, other] = [this.panes[which], this.panes[which === 0 ? 1 : 0]];
    if (!own.stage || !other.stage?.isOpen) return;
    const anchor = { own: this.anchors[which], other: this.anchors[which === 0 ? 1 : 0] };
    const to = besideOf(own.stage, own.at, other.stage, anchor);
    if (to === (other.sent ?? other.at)) return;
    other.sent = to;
    const arrived = () => {
      if (other.sent === to) other.sent = null;
    };
    void other.stage.showFrame(to + 1).then(arrived, arrived);
  }

  /** In one frame of reference, a stack that has just been opened goes to the place that is looked at. */
  private meet(): void {
    const [first, second] = this.panes;
    const [here, there] = [first.stage?.placeAt(first.at), second.stage?.placeAt(second.at)];
    if (this.linked && first.stage?.isOpen && here && there && isSameSpace(here, there)) this.lead(0);
  }
}
