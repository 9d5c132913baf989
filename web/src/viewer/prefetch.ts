/** Requests at once: the one that is looked at has to find a free connection. */
const AT_ONCE = 4;

interface Needs {
  count: number;
  /** Bytes of pictures that are kept at hand. */
  budget: number;
  /** Bytes of a picture that is still to come. */
  expected: number;
  /** Bytes of a picture that is loaded, 0 of one on its way, null of one that has to be loaded. */
  sizeOf: (index: number) => number | null;
  load: (index: number) => Promise<void>;
}

/** Loads what stands around the slice that is looked at, the nearest first. */
export class Prefetch {
  private at = 0;
  private stopped = false;
  private readonly running = new Set<number>();
  /** Since the reader has moved: what fails is not asked for again and again. */
  private readonly tried = new Set<number>();

  constructor(private readonly needs: Needs) {}

  around(index: number): void {
    if (index !== this.at) this.tried.clear();
    this.at = index;
    this.fill();
  }

  stop(): void {
    this.stopped = true;
  }

  private fill(): void {
    while (this.running.size < AT_ONCE && !this.stopped) {
      const next = this.next();
      if (next === null) return;
      this.running.add(next);
      this.tried.add(next);
      void this.needs
        .load(next)
        // It is loaded again when it is looked at, and then says what is wrong.
        .catch(() => undefined)
        .then(() => {
          this.running.delete(next);
          this.fill();
        });
    }
  }

  private next(): number | null {
    const { count, budget, expected, sizeOf } = this.needs;
    let held = 0;
    for (let apart = 0; apart < count; apart++) {
      for (const index of apart === 0 ? [this.at] : [this.at + apart, this.at - apart]) {
        if (index < 0 || index >= count) continue;
        const size = sizeOf(index);
        held += size || expected;
        if (held > budget) return null;
        if (size === null && !this.running.has(index) && !this.tried.has(index)) return index;
      }
    }
    return null;
  }
}
