/** Number of segments and 15 offsets, 32 bits each. */
const HEADER = 64;

/**
 * Expands a run-length frame (PS3.5 annex G): a segment for every byte of every sample, the most significant first.
 * Answers the bytes of native pixels, pixel by pixel and little endian.
 */
export function unpackRuns(bytes: Uint8Array, pixels: number, samples: number, size: number): Uint8Array {
  if (bytes.length < HEADER) throw new Error('run lengths end early');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== samples * size || segments > 15) throw new Error('segments of run lengths');
  const unpacked = new Uint8Array(pixels * samples * size);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + segment * 4, true);
    const end = segment + 1 < segments ? view.getUint32(8 + segment * 4, true) : bytes.length;
    const first = Math.floor(segment / size) * size + (size - 1 - (segment % size));
    unpackSegment(bytes.subarray(start, end), unpacked, first, samples * size);
  }
  return unpacked;
}

/** Expands one segment (PS3.5 G.3.1) into every `step`-th byte. */
function unpackSegment(packed: Uint8Array, into: Uint8Array, first: number, step: number): void {
  let at = 0;
  for (let place = first; place < into.length;) {
    const control = packed[at++];
    if (control === undefined) throw new Error('run lengths end early');
    if (control === 128) continue;
    const isRun = control > 128;
    const length = isRun ? 257 - control : control + 1;
    for (let index = 0; index < length && place < into.length; index++, place += step) {
      const byte = packed[isRun ? at : at + index];
      if (byte === undefined) throw new Error('run lengths end early');
      into[place] = byte;
    }
    at += isRun ? 1 : length;
  }
}
