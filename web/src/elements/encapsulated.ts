import { binaryLength, bytesOf, text, type DataSet } from './dataSet';

/** A document inside of a DICOM file (PS3.3 C.24.2). */
export interface Encapsulated {
  title: string;
  mimeType: string;
  size: number | null;
  /** Where it is in the file; or its bytes, if they are few. Null where neither is said. */
  place: { from: number; length: number } | { bytes: Uint8Array<ArrayBuffer> } | null;
}

/** The document of a file; null if it has none. */
export function encapsulatedOf(dataSet: DataSet): Encapsulated | null {
  const element = dataSet['00420011'];
  if (!element) return null;
  const written = binaryLength(element);
  // Values have an even length; this is the one of the document (Encapsulated Document Length).
  const own = Number(text(dataSet, '00420015'));
  const size = own > 0 && written !== null && own <= written ? own : written;
  const [, offset] = /^bulkdata\/stored\/(\d+)\/\d+$/.exec(element.BulkDataURI ?? '') ?? [];
  const inline = element.InlineBinary;
  const place =
    inline !== undefined
      ? { bytes: bytesOf(inline).slice(0, size ?? undefined) }
      : offset !== undefined && size !== null
        ? { from: Number(offset), length: size }
        : null;
  return { title: text(dataSet, '00420010'), mimeType: text(dataSet, '00420012'), size, place };
}

/** Endings of the types that a document may have. */
const ENDINGS: Record<string, string> = {
  'application/pdf': '.pdf',
  'text/xml': '.xml',
  'application/xml': '.xml',
  'model/stl': '.stl',
  'model/obj': '.obj',
};

/** What it is saved as: what its name does not say, its type does. */
export function nameOfDocument({ title, mimeType }: Encapsulated, filename: string): string {
  const name = title.trim() || filename.replace(/\.dcm$/i, '');
  const ending = ENDINGS[mimeType.toLowerCase()] ?? '.bin';
  return name.toLowerCase().endsWith(ending) ? name : `${name}${ending}`;
}
