import type { ImageFile } from '../api/types';

/** Reading order of files that were chosen one by one: series by series, by instance number, those without one by their age. */
export function inReadingOrder(files: readonly ImageFile[]): ImageFile[] {
  const series = new Map<number | null, number>();
  for (const { series_id } of files) if (!series.has(series_id)) series.set(series_id, series.size);
  const number = ({ dicom }: ImageFile) => dicom?.instance_number ?? Infinity;
  return [...files].sort(
    (one, other) =>
      (series.get(one.series_id) ?? 0) - (series.get(other.series_id) ?? 0) ||
      compare(number(one), number(other)) ||
      one.id - other.id,
  );
}

const compare = (one: number, other: number) => (one === other ? 0 : one < other ? -1 : 1);
