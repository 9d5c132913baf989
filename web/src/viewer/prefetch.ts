/** Requests at once: the one that is looked at has to find a free connection. */
const AT_ONCE = 4;

interface Needs {
  count: number;
  /** So many on each side are kept at hand. */
  radius: number;
  isLoaded: (index: number) => boolean;
  load: (index: number) => Promise<void>;
}

/** Loads what stands around the slice that is looked at, the nearest first. */
export class Prefetch {
  private at = 0;
  private running = 0;
  private stopped = false;
  private readonly begun = new Set<number>();

  constructor(private readonly needs: Needs) {}

  around(index: number): void {
    this.at = index;
    this.fill();
  }

  stop(): void {
    this.stopped = true;
  }

  private fill(): void {
    while (this.running < AT_ONCE && !this.stopped) {
      const next = this.next();
      if (next === null) return;
      this.running += 1;
      this.begun.add(next);
      void this.needs
        .load(next)
        // It is loaded again when it is looked at, and then says what is wrong.
        .catch(() => undefined)
        .then(() => {
          this.running -= 1;
          this.fill();
        });
    }
  }

  private next(): number | null {
    const { count, radius, isLoaded } = this.needs;
    for (let apart = 0; apart <= Math.min(radius, count); apart++) {
      for (const index of [this.at + apart, this.at - apart]) {
        if (index < 0 || index >= count) continue;
        if (isLoaded(index)) continue;
        if (!this.begun.has(index)) return index;
      }
    }
    return null;
  }
}
