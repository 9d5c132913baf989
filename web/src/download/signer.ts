import type { Api } from '../api/api';
import { ApiError, problemOf } from '../api/problem';

/** URLs signed in one request: few enough that they are used before they end. */
const SIGNED_AHEAD = 20;
/** A URL that ends so soon is signed anew. */
const SPARE_MS = 30_000;

type Signed = { url: string; until: number } | ApiError;

/** One file cannot be had; the others can. */
export class Missing extends Error {
  override readonly name = 'Missing';
}

/** URLs of many files, signed a few at a time with those that are next, and anew when they end. */
export class Signer {
  private readonly urls = new Map<number, Signed>();
  private signing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: Pick<Api, 'downloadUrls'>,
    private readonly ids: readonly number[],
  ) {}

  /** What was signed has not been taken. */
  forget(id: number): void {
    this.urls.delete(id);
  }

  /** One request after the other: what the first of them signs is there for the next. */
  async urlOf(id: number): Promise<string> {
    const signed = this.signing.then(() => this.sign(id));
    this.signing = signed.catch(() => undefined);
    return orThrow(await signed);
  }

  private async sign(wanted: number): Promise<Signed> {
    const known = this.known(wanted);
    if (known) return known;
    const ids = this.besides(wanted);
    const { items, errors } = await this.api.downloadUrls(ids);
    for (const id of ids) {
      const item = items[id];
      const refused = () => new ApiError(problemOf(409, errors[id] ?? { code: 'not_found' }));
      this.urls.set(id, item ? { url: item.url, until: Date.parse(item.expires_at) } : refused());
    }
    return this.urls.get(wanted) ?? new ApiError(problemOf(409, { code: 'not_found' }));
  }

  private known(id: number): Signed | undefined {
    const known = this.urls.get(id);
    return known instanceof ApiError || (known && known.until > Date.now() + SPARE_MS) ? known : undefined;
  }

  /** What is signed together: the files from this one on, and where there are fewer, those before it, for whoever turns back. */
  private besides(wanted: number): number[] {
    const at = this.ids.indexOf(wanted);
    const after = this.ids.slice(at, at + SIGNED_AHEAD).filter((id) => !this.known(id));
    // What was signed once has been taken.
    const before = this.ids.slice(Math.max(0, at - SIGNED_AHEAD), at).filter((id) => !this.urls.has(id));
    return [...after, ...before.reverse()].slice(0, SIGNED_AHEAD);
  }
}

function orThrow(signed: Signed): string {
  if (signed instanceof ApiError) throw new Missing(signed.code, { cause: signed });
  return signed.url;
}
