/** What is remembered of an unfinished upload, so that it goes on after a reload. Never the bytes themselves. */
export interface JournalEntry {
  /** {@link fingerprint} of the file and its user. */
  key: string;
  user: string;
  fileId: number;
  md5: string | null;
}

/** Recognises a file that is chosen again. Its MD5 then proves that it is the same. */
export function fingerprint(user: string, path: string, file: File): string {
  return JSON.stringify([user, path, file.size, file.lastModified]);
}

const STORE = 'unfinished';

/** The journal, in IndexedDB. Losing it costs the convenience of resuming, never an upload: so failures are not raised. */
export class Journal {
  private readonly database: Promise<IDBDatabase | null>;

  constructor(
    private readonly user: string,
    factory: IDBFactory = indexedDB,
  ) {
    this.database = open(factory);
  }

  find(key: string): Promise<JournalEntry | undefined> {
    return this.run('readonly', (store) => store.get(key) as IDBRequest<JournalEntry | undefined>);
  }

  async all(): Promise<JournalEntry[]> {
    const entries = await this.run('readonly', (store) => store.getAll() as IDBRequest<JournalEntry[]>);
    return (entries ?? []).filter(({ user }) => user === this.user);
  }

  async save(entry: Omit<JournalEntry, 'user'>): Promise<void> {
    await this.run('readwrite', (store) => store.put({ ...entry, user: this.user }));
  }

  async forget(key: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(key));
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
    const request = factory.open('filmroom-uploads', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
}
