import type { TrashedFile } from '../api/types';

/** A deleted file, or several of one study that can come back together. */
export type Entry = { file: TrashedFile } | { studyId: number; files: TrashedFile[] };

/** The trash as it is shown: a study stands where its newest file stands. */
export function entriesOf(files: readonly TrashedFile[]): Entry[] {
  const studies = new Map<number, TrashedFile[]>();
  for (const file of files) {
    if (file.study_id !== null) studies.set(file.study_id, [...(studies.get(file.study_id) ?? []), file]);
  }
  return files.flatMap((file): Entry[] => {
    const together = file.study_id === null ? undefined : studies.get(file.study_id);
    if (file.study_id === null || !together || together.length === 1) return [{ file }];
    return together[0] === file ? [{ studyId: file.study_id, files: together }] : [];
  });
}
