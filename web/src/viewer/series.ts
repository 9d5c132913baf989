import type { Api } from '../api/api';
import type { ImageFile } from '../api/types';
import { Signer } from '../download/signer';
import { fetchBytes } from './fetchBytes';
import { loadAhead, mostKept, openSeries, sizeOf } from './loader';
import { Prefetch } from './prefetch';
import type { StageSource } from './stage';

/** Of what may be kept, so much stands around the slice that is looked at: two series may be side by side, and some was looked at before. */
const SHARE = 0.4;
/** However large they are: the neighbours. */
const LEAST = 3;

/** The files of a series as one stack, read when they are looked at or are near to it. */
export class Series {
  private gone = new AbortController();
  private prefetch: Prefetch | null = null;
  private readonly signer: Signer;
  readonly source: StageSource;

  constructor(
    api: Pick<Api, 'downloadUrls'>,
    private readonly files: readonly ImageFile[],
    private readonly first: number,
  ) {
    this.signer = new Signer(
      api,
      files.map(({ id }) => id),
    );
    this.source = {
      modality: files[0]?.modality ?? null,
      first: null,
      open: () => Promise.resolve(this.open()),
    };
  }

  /** Somebody looks at this slice, counted from 0. */
  look(index: number): void {
    this.prefetch?.around(index);
  }

  close(): void {
    this.gone.abort();
    this.prefetch?.stop();
  }

  private open() {
    this.gone = new AbortController();
    const sizes = this.files.map(({ dicom }) => ({ columns: dicom?.columns || 64, rows: dicom?.rows || 64 }));
    const opened = openSeries(sizes, this.first, (index) => this.bytesOf(index));
    const largest = Math.max(...sizes.map(({ columns, rows }) => columns * rows * 2));
    this.prefetch = new Prefetch({
      count: this.files.length,
      budget: Math.max(LEAST * largest, mostKept * SHARE),
      expected: largest,
      sizeOf: (index) => sizeOf(opened.imageIds[index] ?? ''),
      load: (index) => loadAhead(opened.imageIds[index] ?? ''),
    });
    return opened;
  }

  private async bytesOf(index: number): Promise<Blob> {
    const id = this.files[index]?.id ?? 0;
    const url = await this.signer.urlOf(id);
    try {
      return await fetchBytes(url, this.gone.signal, () => undefined);
    } catch (error) {
      this.signer.forget(id);
      throw error;
    }
  }
}
