import type { ImageFile, Notice } from '../api/types';

/** Objects that have words or recordings instead of a picture. */
const KINDS = ['structured_report', 'document', 'waveform'] as const satisfies Notice['code'][];
export type DocumentKind = (typeof KINDS)[number];

/** What a file without a picture is, as the service found; null for pictures, and for what has neither. */
export function documentKind({
  file_type,
  warnings,
}: Pick<ImageFile, 'file_type' | 'warnings'>): DocumentKind | null {
  if (file_type !== 'DICOM') return null;
  return KINDS.find((kind) => warnings.some(({ code }) => code === kind)) ?? null;
}
