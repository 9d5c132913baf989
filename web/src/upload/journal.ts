/** What is remembered of an unfinished upload, so that it goes on after a reload: no name, no path, no bytes. */
export interface JournalEntry {
  /** {@link fingerprint} of the file and its user. */
  key: string;
  user: string;
  fileId: number;
  md5: string | null;
  /** Milliseconds since 1970. */
  savedAt: number;
}

/** Older entries are removed when the page opens. The server gives up an upload a day after its last sign of life. */
const KEPT_MS = 7 * 86_400_000;

/**
 * Recognises a file that is chosen again; its MD5 then proves that it is the same. Paths often name patients, hence a
 * digest (SHA-256, hexadecimal). Null where the browser has no cryptography (a page without HTTPS): nothing is resumed.
 */
export async function fingerprint(user: string, path: string, file: File): Promise<string | null> {
  if (!('subtle' in crypto)) return null;
  const text = JSON.stringify([user, path, file.size, file.lastModified]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const DATABASE = 'filmroom-uploads';
const STORE = 'unfinished';

/** The journal, in IndexedDB. Losing it costs the convenience of resuming, never an upload: so failures are not raised. */
export class Journal {
  private readonly database: Promise<IDBDatabase | null>;

  constructor(
    private readonly user: string,
    factory: IDBFactory = indexedDB,
    private readonly now: () => number = Date.now,
  ) {
    this.database = open(factory);
  }

  find(key: string): Promise<JournalEntry | undefined> {
    return this.run('readonly', (store) => store.get(key) as IDBRequest<JournalEntry | undefined>);
  }

  /** What this user has not finished. What is too old is removed, whoever's it was. */
  async all(): Promise<JournalEntry[]> {
    const entries =
      (await this.run('readonly', (store) => store.getAll() as IDBRequest<JournalEntry[]>)) ?? [];
    const isOld = ({ savedAt }: JournalEntry) => this.now() - savedAt > KEPT_MS;
    await this.remove(entries.filter(isOld));
    return entries.filter((entry) => entry.user === this.user && !isOld(entry));
  }

  async save(entry: Pick<JournalEntry, 'key' | 'fileId' | 'md5'>): Promise<void> {
    const whole: JournalEntry = { ...entry, user: this.user, savedAt: this.now() };
    await this.run('readwrite', (store) => store.put(whole));
  }

  async forget(key: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(key));
  }

  /** Forgets everything of this user: the next person at this computer is another one. */
  async clear(): Promise<void> {
    await this.remove(await this.all());
  }

  private async remove(entries: JournalEntry[]): Promise<void> {
    await Promise.all(entries.map(({ key }) => this.forget(key)));
  }

  private async run<T>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | undefined> {
    const database = await this.database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const request = act(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(undefined);
    });
  }
}

/** Private windows may refuse storage: then there is no journal. */
function open(factory: IDBFactory): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    const request = factory.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
}
