/**
 * Files of one queue with the same bytes: the first goes, the others wait until the server has said what it makes of it.
 * Then it answers them with that record, and nothing is stored twice.
 */
export class Twins {
  /** Who goes for which bytes. */
  private readonly going = new Map<string, string>();
  private readonly waiting = new Map<string, (() => void)[]>();

  /** Waits until nobody else goes for these bytes. Rejects with the signal's reason when the caller gives up first. */
  async turn(bytes: string, key: string, signal: AbortSignal): Promise<void> {
    while (this.going.has(bytes) && this.going.get(bytes) !== key) {
      signal.throwIfAborted();
      await this.next(bytes, signal);
    }
    this.going.set(bytes, key);
  }

  /** Nothing more comes of this file: others may go. */
  over(key: string): void {
    for (const [bytes, goes] of [...this.going]) {
      if (goes !== key) continue;
      this.going.delete(bytes);
      const waiting = this.waiting.get(bytes) ?? [];
      this.waiting.delete(bytes);
      waiting.forEach((go) => go());
    }
  }

  private next(bytes: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.waiting.set(bytes, [...(this.waiting.get(bytes) ?? []), resolve]);
    });
  }
}
