import { Unreachable } from '../api/problem';

/** A part of a file. */
export async function fetchPart(url: string, from: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const range = `bytes=${from}-${from + length - 1}`;
  const answer = await fetch(url, { headers: { range } }).catch((error: unknown) => {
    throw new Unreachable(error);
  });
  // Without the range, 200 has the whole file.
  if (answer.status !== 206) throw new Unreachable(new Error(`status ${answer.status}`));
  return new Uint8Array(await answer.arrayBuffer());
}
