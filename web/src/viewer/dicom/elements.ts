import { implicitVr, isPixels, TAG } from './tags';

/** How elements are written (PS3.5 section 7). */
export interface Written {
  explicit: boolean;
  bigEndian: boolean;
}

export const EXPLICIT: Written = { explicit: true, bigEndian: false };
export const IMPLICIT: Written = { explicit: false, bigEndian: false };

/** The length of a value that ends with a delimiter (PS3.5 7.1.1). */
export const UNDEFINED = 0xffff_ffff;

/** An element: where its value is, and how it is written. */
export interface Element {
  tag: number;
  /** Empty in implicit encoding and for delimiters. */
  vr: string;
  start: number;
  length: number;
  written: Written;
}

/** Representations of PS3.5 6.2, and those whose explicit length has 32 bits (7.1.2). */
const KNOWN = /^(A[EST]|CS|D[AST]|F[DL]|IS|L[OT]|O[BDFLVW]|PN|S[HLQSTV]|TM|U[CILNRSTV])$/;
const LONG = /^(O[BDFLVW]|S[QV]|U[CNRTV])$/;

export const isVr = (vr: string) => KNOWN.test(vr);

/** Deeper sequences than anybody writes. */
const DEEPEST = 32;

/** The bytes of a file, and how elements follow each other in them. Nothing a length says is believed. */
export class Source {
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The element whose header is at a place; null at the end. */
  at(place: number, written: Written): Element | null {
    if (place + 8 > this.bytes.length) return null;
    const little = !written.bigEndian;
    const tag = this.view.getUint16(place, little) * 0x1_0000 + this.view.getUint16(place + 2, little);
    const vr = String.fromCharCode(this.bytes[place + 4] ?? 0, this.bytes[place + 5] ?? 0);
    const isDelimiter = tag >>> 16 === 0xfffe;
    if (!written.explicit || isDelimiter || !/^[A-Z]{2}$/.test(vr)) {
      const element = {
        tag,
        vr: '',
        start: place + 8,
        length: this.view.getUint32(place + 4, little),
        written,
      };
      return written.explicit && isPixels(tag) ? this.misnamedPixels(element, place, little) : element;
    }
    const short = this.view.getUint16(place + 6, little);
    // Representations that came after 2016 or are none have the long form (PS3.5 7.1.2), whose second half is 0.
    if (LONG.test(vr) || (!isVr(vr) && short === 0)) {
      if (place + 12 > this.bytes.length) return null;
      const element = { tag, vr, start: place + 12, length: this.view.getUint32(place + 8, little), written };
      return isPixels(tag) && !isVr(vr) ? this.misnamedPixels(element, place, little) : element;
    }
    const element = { tag, vr, start: place + 8, length: short, written };
    return isPixels(tag) ? this.misnamedPixels(element, place, little) : element;
  }

  /** Pixels with a representation that pixels do not have: the length that leads to the end of the file is right. */
  private misnamedPixels(element: Element, place: number, little: boolean): Element {
    const possible = [place + 8, place + 4, place + 6].flatMap((field, index) => {
      const size = index === 2 ? 2 : 4;
      if (field + size > this.bytes.length) return [];
      const length = size === 2 ? this.view.getUint16(field, little) : this.view.getUint32(field, little);
      return [{ start: index === 0 ? place + 12 : place + 8, length }];
    });
    const rest = (start: number) => this.bytes.length - start;
    const found =
      possible.find(({ start, length }) => length === UNDEFINED || length === rest(start)) ??
      possible.find(({ start, length }) => length > 0 && length <= rest(start));
    return { ...element, ...found };
  }

  /** The place behind an element. */
  after(element: Element, depth = 0): number {
    if (depth > DEEPEST) throw new Error('sequences too deep');
    if (element.length !== UNDEFINED) return Math.min(element.start + element.length, this.bytes.length);
    if (element.vr.startsWith('O')) return this.afterFragments(element.start);
    let end = element.start;
    this.eachItem(element, depth, (_start, itemEnd) => (end = itemEnd));
    return end;
  }

  private afterFragments(start: number): number {
    let place = start;
    for (let item = this.at(place, EXPLICIT); item; item = this.at(place, EXPLICIT)) {
      if (item.tag === TAG.sequenceEnd) return item.start;
      if (item.tag !== TAG.item || item.length === UNDEFINED) throw new Error('damaged fragments');
      place = Math.min(item.start + item.length, this.bytes.length);
    }
    return this.bytes.length;
  }

  /** Walks the items of a sequence: where each begins and ends, and how it is written. Tells the end of the sequence last. */
  eachItem(
    { start, length, vr, written }: Element,
    depth: number,
    act: (start: number, end: number, written: Written | null) => unknown,
  ): void {
    const end = length === UNDEFINED ? Infinity : start + length;
    // Items of unknown representation are implicit (PS3.5 6.2.2 note 2), but many writers leave them as they were.
    const guesses = vr === 'UN';
    const outer = guesses ? IMPLICIT : written;
    let place = start;
    while (place < end) {
      const item = this.at(place, outer);
      if (!item || item.tag === TAG.sequenceEnd) {
        place = item?.start ?? this.bytes.length;
        break;
      }
      if (item.tag === TAG.itemEnd) {
        place = item.start;
        continue;
      }
      // The sequence ended without saying so.
      if (item.tag !== TAG.item) break;
      const inner = guesses ? { ...outer, explicit: this.looksExplicit(item.start) } : outer;
      const itemEnd =
        item.length === UNDEFINED
          ? this.itemEnd(item.start, inner, depth + 1)
          : { content: item.start + item.length, next: item.start + item.length };
      if (act(item.start, Math.min(itemEnd.content, this.bytes.length), inner) === false) return;
      place = itemEnd.next;
    }
    act(place, Number.isFinite(end) ? end : place, null);
  }

  private looksExplicit(place: number): boolean {
    return isVr(String.fromCharCode(this.bytes[place + 4] ?? 0, this.bytes[place + 5] ?? 0));
  }

  private itemEnd(start: number, written: Written, depth: number): { content: number; next: number } {
    let place = start;
    for (let element = this.at(place, written); element; element = this.at(place, written)) {
      if (element.tag === TAG.itemEnd) return { content: place, next: element.start };
      // The end of the sequence without the end of its item.
      if (element.tag === TAG.sequenceEnd) return { content: place, next: place };
      place = this.after(element, depth);
    }
    return { content: this.bytes.length, next: this.bytes.length };
  }
}

/** Elements by their tags, of a file or of an item. */
export class DataSet {
  private readonly items = new Map<number, DataSet[]>();

  constructor(
    private readonly source: Source,
    private readonly elements: Map<number, Element>,
  ) {}

  bytes(tag: number): Uint8Array {
    const element = this.elements.get(tag);
    if (!element || element.length === UNDEFINED) return new Uint8Array();
    return this.source.bytes.subarray(element.start, element.start + element.length);
  }

  get(tag: number): Element | undefined {
    return this.elements.get(tag);
  }

  /** The first text of an element in ASCII, without what pads it. */
  text(tag: number): string {
    return textOf(this.bytes(tag)).split('\\')[0] ?? '';
  }

  number(tag: number): number | null {
    const [first] = this.numbers(tag);
    return first !== undefined && Number.isFinite(first) ? first : null;
  }

  /** The first number, if it is a whole one that is not negative. */
  unsigned(tag: number): number | null {
    const number = this.number(tag);
    return number !== null && number >= 0 ? Math.trunc(number) : null;
  }

  /** All numbers: text separated by backslashes, or binary by their representation. */
  numbers(tag: number): number[] {
    const element = this.elements.get(tag);
    if (!element) return [];
    const bytes = this.bytes(tag);
    const vr = element.vr === '' || element.vr === 'UN' ? implicitVr(tag) : element.vr;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const little = !element.written.bigEndian;
    const each = (size: number, read: (at: number) => number) =>
      Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => read(index * size));
    switch (vr) {
      case 'US':
      case 'OW':
      case 'OB':
        return each(2, (at) => view.getUint16(at, little));
      case 'SS':
        return each(2, (at) => view.getInt16(at, little));
      case 'UL':
        return each(4, (at) => view.getUint32(at, little));
      case 'SL':
        return each(4, (at) => view.getInt32(at, little));
      case 'FL':
        return each(4, (at) => view.getFloat32(at, little));
      case 'FD':
        return each(8, (at) => view.getFloat64(at, little));
      default:
        return decimals(textOf(bytes));
    }
  }

  /** The entries of a lookup table: 16-bit words or, when there are exactly as many bytes as entries, bytes. */
  entries(tag: number, count: number): number[] {
    const element = this.elements.get(tag);
    const bytes = this.bytes(tag);
    const bigEndian = element?.written.bigEndian ?? false;
    if (count > 1 && bytes.length === count + (count % 2)) {
      const swapped = bigEndian && element?.vr !== 'OB' ? 1 : 0;
      return Array.from({ length: count }, (_, index) => bytes[index ^ swapped] ?? 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = Math.min(count, Math.floor(bytes.length / 2));
    return Array.from({ length }, (_, index) => view.getUint16(index * 2, !bigEndian));
  }

  /** The items of a sequence. */
  sequence(tag: number): DataSet[] {
    const known = this.items.get(tag);
    if (known) return known;
    const element = this.elements.get(tag);
    const items: DataSet[] = [];
    if (element) {
      this.source.eachItem(element, 0, (start, end, written) => {
        if (written) items.push(readItem(this.source, start, end, written));
      });
    }
    this.items.set(tag, items);
    return items;
  }

  /** One item of a sequence that may have a hundred thousand. */
  item(tag: number, index: number): DataSet | null {
    const element = this.elements.get(tag);
    let found: DataSet | null = null;
    let at = 0;
    if (!element) return null;
    this.source.eachItem(element, 0, (start, end, written) => {
      if (!written || at++ !== index) return true;
      found = readItem(this.source, start, end, written);
      return false;
    });
    return found;
  }
}

function readItem(source: Source, start: number, end: number, written: Written): DataSet {
  const elements = new Map<number, Element>();
  let place = start;
  while (place < end) {
    const element = source.at(place, written);
    if (!element) break;
    elements.set(element.tag, element);
    place = source.after(element, 1);
  }
  return new DataSet(source, elements);
}

const textOf = (bytes: Uint8Array) =>
  new TextDecoder('latin1').decode(bytes).replace(/^[\s\0]+|[\s\0]+$/g, '');

/** Numbers in text. A comma as the decimal separator is a known error of writers; what is no number is left out. */
function decimals(text: string): number[] {
  return text
    .split('\\')
    .map((part) => part.trim().replace(',', '.'))
    .filter((part) => part !== '' && Number.isFinite(Number(part)))
    .map(Number);
}
