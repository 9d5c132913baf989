import type { Api } from '../api/api';
import { ApiError } from '../api/problem';
import type { ImageFile } from '../api/types';

/** So few are asked for one by one; more are looked up in the list, a hundred with one request. */
const FEW = 4;
const PAGE = 100;
/** Pages read in one round. A longer list is gone through in several. */
const PAGES = 3;
const SOON_MS = { few: 1_000, many: 3_000 };
const LONGEST_MS = 20_000;

interface Needs {
  api: Pick<Api, 'myImages' | 'image'>;
  /** A record as it is now; answers whether it is settled. */
  onRecord: (file: ImageFile) => boolean;
  /** It does not exist any more. */
  onGone: (id: number) => void;
  soon?: typeof SOON_MS;
}

/**
 * Follows files until the server is done with them. Two thousand are as many requests as twenty: while many wait, it
 * reads the list, newest first, as far as the oldest of them; while nothing happens, it asks more and more rarely.
 */
export class Follower {
  private readonly pending = new Set<number>();
  /** Where the last round stopped in the list, and which files have been looked for and seen since its beginning. */
  private pass: { cursor: string | null; wanted: Set<number> } | null = null;
  /** Rounds in a row that brought nothing. */
  private idle = 0;
  private asking = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly needs: Needs) {}

  follow(id: number): void {
    if (this.pending.has(id)) return;
    this.pending.add(id);
    const late = this.idle > 0;
    this.idle = 0;
    // One that has been stuck for long must not make a new one wait; many new ones must not put a near round off.
    if (!this.asking && (late || this.timer === undefined)) this.schedule();
  }

  close(): void {
    this.pending.clear();
    clearTimeout(this.timer);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.size === 0) return;
    const { few, many } = this.needs.soon ?? SOON_MS;
    const soon = this.pending.size > FEW ? many : few;
    this.timer = setTimeout(() => void this.round(), Math.min(LONGEST_MS, soon * 1.5 ** this.idle));
  }

  private async round(): Promise<void> {
    this.asking = true;
    this.idle += 1;
    try {
      await (this.pending.size > FEW ? this.lookUp() : this.askFor([...this.pending]));
    } catch {
      // Offline, signed out, busy: the next round is the answer to all of them.
      this.pass = null;
    }
    this.asking = false;
    this.schedule();
  }

  private async lookUp(): Promise<void> {
    this.pass ??= { cursor: null, wanted: new Set(this.pending) };
    const { pass } = this;
    for (let page = 0; page < PAGES; page++) {
      const { items, next_cursor } = await this.needs.api.myImages({
        page_size: PAGE,
        include_total: false,
        cursor: pass.cursor,
      });
      for (const file of items) {
        pass.wanted.delete(file.id);
        this.take(file);
      }
      pass.cursor = next_cursor;
      const oldest = Math.min(...this.pending);
      const last = items.at(-1);
      if (next_cursor !== null && last && last.id > oldest) continue;
      this.pass = null;
      // What the whole list does not have was deleted, or is about to be listed.
      return this.askFor([...pass.wanted].filter((id) => this.pending.has(id)).slice(0, FEW));
    }
  }

  private async askFor(ids: number[]): Promise<void> {
    const asked = ids.map(async (id) => {
      try {
        this.take(await this.needs.api.image(id));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        this.settle(id);
        this.needs.onGone(id);
      }
    });
    const failed = (await Promise.allSettled(asked)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  private take(file: ImageFile): void {
    if (this.pending.has(file.id) && this.needs.onRecord(file)) this.settle(file.id);
  }

  private settle(id: number): void {
    this.pending.delete(id);
    this.idle = 0;
  }
}
