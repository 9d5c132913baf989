import type { Api } from '../api/api';
import { ApiError, problemOf } from '../api/problem';
import type { BatchItem, ImageFile, NewUpload } from '../api/types';

/** The contract takes at most this many files in one request. */
const LARGEST = 100;
/** How long the first file of a batch waits for company. */
const GATHER_MS = 60;

/** A file that is registered: to be sent, or there already. */
export type CreatedUpload = Pick<BatchItem, 'upload' | 'duplicate' | 'duplicate_in_trash'> & {
  file: ImageFile;
};

interface Pending {
  upload: NewUpload;
  resolve: (created: CreatedUpload) => void;
  reject: (error: unknown) => void;
}

/** Registers files with the API, gathering those that are ready at about the same time into one request. */
export class Creations {
  private pending: Pending[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly api: Pick<Api, 'createUploads'>) {}

  create(upload: NewUpload): Promise<CreatedUpload> {
    return new Promise((resolve, reject) => {
      this.pending.push({ upload, resolve, reject });
      if (this.pending.length >= LARGEST) void this.flush();
      else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    });
  }

  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.pending;
    this.pending = [];
    try {
      const files = batch.map(({ upload }, index) => ({ ...upload, client_file_id: String(index) }));
      const { items } = await this.api.createUploads(files);
      const answers = new Map(items.map((item) => [item.client_file_id, item]));
      batch.forEach(({ resolve, reject }, index) => {
        const item = answers.get(String(index));
        if (item?.file) resolve({ ...item, file: item.file });
        else reject(refusalOf(item?.error));
      });
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    }
  }
}

/** One bad item of a batch, as if it had been refused alone. */
function refusalOf(error: BatchItem['error'] | undefined): ApiError {
  return new ApiError(problemOf(error?.status ?? 500, error ?? { code: 'internal' }));
}
