import type { Api } from '../api/api';
import { Unreachable } from '../api/problem';
import { inTime } from '../viewer/watch';
import type { Member } from './names';
import { Missing, Signer } from './signer';

/** What is smaller is read whole, and before its turn comes: else each file would wait for its request. */
export const SMALL = 4 * 1024 * 1024;
const AHEAD = 6;
const TRIES = 6;
const FIRST_PAUSE_MS = 500;
const STALLED_MS = 30_000;

/** The bytes of files in their order. A line that breaks is taken up again where it broke. */
export class Source {
  private readonly signer: Signer;
  private readonly begun = new Map<number, Promise<Uint8Array>>();

  constructor(
    api: Pick<Api, 'downloadUrls'>,
    private readonly members: readonly Member[],
    private readonly signal: AbortSignal,
  ) {
    this.signer = new Signer(
      api,
      members.map(({ id }) => id),
    );
  }

  /** The bytes of the file at `index`: whole if it is small, piece by piece otherwise. */
  async open(index: number): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
    const member = this.members[index];
    if (!member) throw new Missing('no such file');
    for (const next of this.members.slice(index, index + AHEAD)) {
      if (next.size > SMALL) break;
      if (this.begun.has(next.id)) continue;
      const whole = this.whole(next);
      // It is waited for when its turn comes.
      whole.catch(() => undefined);
      this.begun.set(next.id, whole);
    }
    const whole = this.begun.get(member.id);
    this.begun.delete(member.id);
    if (whole) return whole;
    await this.signer.urlOf(member.id);
    return this.pieces(member);
  }

  private async whole(member: Member): Promise<Uint8Array> {
    const bytes = new Uint8Array(member.size);
    let at = 0;
    for await (const piece of this.pieces(member)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  private async *pieces(member: Member): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (let tried = 0; ; tried++) {
      try {
        for await (const piece of this.from(member, at)) {
          at += piece.length;
          tried = 0;
          if (at > member.size) throw new Missing('more bytes than the record says');
          yield piece;
        }
        if (at < member.size) throw new Unreachable('the line broke');
        return;
      } catch (error) {
        if (this.signal.aborted || error instanceof Missing || tried + 1 >= TRIES) throw error;
        await pause(FIRST_PAUSE_MS * 2 ** tried, this.signal);
      }
    }
  }

  private async *from(member: Member, at: number): AsyncGenerator<Uint8Array> {
    const url = await this.signer.urlOf(member.id);
    const init: RequestInit = { signal: this.signal, credentials: 'omit' };
    if (at > 0) init.headers = { range: `bytes=${at}-` };
    const response = await inTime(fetch(url, init), STALLED_MS);
    if (!response.ok || !response.body || (at > 0 && response.status !== 206)) {
      this.signer.forget(member.id);
      await response.body?.cancel();
      throw new Unreachable(`HTTP ${response.status}`);
    }
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await inTime(reader.read(), STALLED_MS);
        if (done) return;
        yield value;
      }
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
