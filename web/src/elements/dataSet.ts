/** A data set of DICOM JSON (PS3.18 annex F): elements by their tag in eight digits. */
export type DataSet = Record<string, Element | undefined>;

export interface Element {
  vr: string;
  Value?: unknown[];
  /** Bytes in base64. */
  InlineBinary?: string;
  /** Where bytes are that are too long for here. */
  BulkDataURI?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The data set of an answer. */
export function dataSetOf(answer: unknown): DataSet {
  const [first] = Array.isArray(answer) ? (answer as unknown[]) : [];
  return isObject(first) ? (first as DataSet) : {};
}

export function items(dataSet: DataSet, tag: string): DataSet[] {
  return (dataSet[tag]?.Value ?? []).filter(isObject) as DataSet[];
}

/** The first value of an element as text; empty where there is none. */
export function text(dataSet: DataSet | undefined, tag: string): string {
  const [value] = dataSet?.[tag]?.Value ?? [];
  return value === null || value === undefined ? '' : wordsOf(value);
}

/** A value as people read it. */
function wordsOf(value: unknown): string {
  if (!isObject(value)) return String(value);
  const parts = ['Alphabetic', 'Ideographic', 'Phonetic'].map((part) => value[part]);
  const names = parts.map((part) => (typeof part === 'string' ? part : ''));
  return names.join('=').replace(/=+$/, '');
}

/** How many bytes an element has that are not written out. */
export function binaryLength({ InlineBinary, BulkDataURI }: Element): number | null {
  if (InlineBinary !== undefined) return Math.floor((InlineBinary.replace(/=+$/, '').length * 3) / 4);
  const length = /^bulkdata\/\w+\/\d+\/(\d+)$/.exec(BulkDataURI ?? '')?.[1];
  return length === undefined ? null : Number(length);
}

/** The bytes of an element that are written out. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** One line of the list of all elements. */
export interface Line {
  /** Where it is: tags and items from the outermost one on. */
  path: string;
  depth: number;
  tag: string;
  vr: string;
  /** Null for what is no text: items of a sequence, or bytes. */
  value: string | null;
  /** Items of a sequence. */
  items: number | null;
  /** Bytes that are not shown. */
  bytes: number | null;
  /** It is the beginning of an item, counted from 1, and no element. */
  item: number | null;
}

/** Sequences that are deeper than anybody writes end here. */
const DEEPEST = 32;

/** All elements in the order of their tags, what is in sequences below them. */
export function linesOf(dataSet: DataSet, path = '', depth = 0): Line[] {
  if (depth > DEEPEST) return [];
  return Object.keys(dataSet)
    .sort()
    .flatMap((tag) => {
      const element = dataSet[tag];
      if (!element) return [];
      const here = path === '' ? tag : `${path}/${tag}`;
      const line = { path: here, depth, tag, vr: element.vr, item: null };
      if (element.vr !== 'SQ') {
        const bytes = binaryLength(element);
        const isBinary = element.InlineBinary !== undefined || element.BulkDataURI !== undefined;
        const value = isBinary
          ? null
          : (element.Value ?? []).map((one) => (one === null ? '' : wordsOf(one)));
        return [{ ...line, value: value?.join(' \\ ') ?? null, items: null, bytes }];
      }
      const inside = items(dataSet, tag);
      const rest = inside.flatMap((item, index) => [
        {
          ...line,
          path: `${here}/${index}`,
          depth: depth + 1,
          value: null,
          items: null,
          bytes: null,
          item: index + 1,
        },
        ...linesOf(item, `${here}/${index}`, depth + 2),
      ]);
      return [{ ...line, value: null, items: inside.length, bytes: null }, ...rest];
    });
}

/** A tag as the standard writes it. */
export const tagText = (tag: string) => `(${tag.slice(0, 4)},${tag.slice(4)})`;

/**
 * The lines that have all words of a search in tag, name or value, each below what it stands in.
 */
export function matching(lines: readonly Line[], search: string, nameOf: (tag: string) => string): Line[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...lines];
  const wanted = new Set<string>();
  for (const line of lines) {
    if (line.item !== null) continue;
    const said = [tagText(line.tag), line.tag, nameOf(line.tag), line.value ?? ''].join(' ').toLowerCase();
    if (!words.every((word) => said.includes(word))) continue;
    const parts = line.path.split('/');
    parts.forEach((_, index) => wanted.add(parts.slice(0, index + 1).join('/')));
  }
  return lines.filter(({ path }) => wanted.has(path));
}
