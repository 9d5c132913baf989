import { makeZip } from 'client-zip';
import type { Api } from '../api/api';
import type { Member } from './names';
import { Missing } from './signer';
import { Source } from './source';

interface Watch {
  /** Files that are in the archive, or cannot be. */
  onFile: (missing: boolean) => void;
  onBytes: (bytes: number) => void;
  /** The text that stands in the archive for what is missing. */
  missingText: (paths: string[]) => string;
}

/**
 * An archive of files, made while it is read. A file that cannot be had is named in it; a line that stays broken ends the
 * whole of it, so nobody takes half an archive for one.
 */
export function zipOf(
  api: Pick<Api, 'downloadUrls'>,
  members: readonly Member[],
  signal: AbortSignal,
  watch: Watch,
): ReadableStream<Uint8Array> {
  return makeZip(entries(new Source(api, members, signal), members, watch));
}

async function* entries(source: Source, members: readonly Member[], watch: Watch) {
  const missing: string[] = [];
  for (const [index, { path, modified }] of members.entries()) {
    let bytes: Uint8Array | AsyncIterable<Uint8Array>;
    try {
      bytes = await source.open(index);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      missing.push(path);
      watch.onFile(true);
      continue;
    }
    yield { name: path, lastModified: modified, input: counted(bytes, watch.onBytes) };
    watch.onFile(false);
  }
  if (missing.length > 0) yield { name: 'MISSING.txt', input: watch.missingText(missing) };
}

async function* counted(bytes: Uint8Array | AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
    onBytes(piece.length);
    yield piece;
  }
}
