/** Speed over the last seconds; a longer memory would show the past, a shorter one would flicker. */
const WINDOW_MS = 8_000;

/** Measures how fast bytes move. */
export class Meter {
  private samples: { at: number; bytes: number }[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts bytes that have just moved; taking back what broke off counts as nothing. */
  add(bytes: number): void {
    if (bytes > 0) this.samples.push({ at: this.now(), bytes });
  }

  /** Bytes per second. */
  speed(): number {
    const now = this.now();
    this.samples = this.samples.filter(({ at }) => now - at <= WINDOW_MS);
    const first = this.samples[0];
    if (!first) return 0;
    const moved = this.samples.reduce((sum, { bytes }) => sum + bytes, 0);
    return moved / Math.max(1, (now - first.at) / 1000);
  }
}
