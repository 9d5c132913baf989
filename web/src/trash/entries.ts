import type { TrashedFile } from '../api/types';

/** Deleted files of one study, which can come back together. */
export interface TrashedStudy {
  studyId: number;
  /** Those that have been loaded, newest first. */
  files: readonly TrashedFile[];
}
/** A line of the trash: a study, or a file; of a study, where its files are shown. */
export type TrashLine = TrashedStudy | { file: TrashedFile; isInside: boolean };

/** The trash as it is shown: a study stands where its newest file stands, and its files below it where it is open. */
export function linesOf(files: readonly TrashedFile[], open: ReadonlySet<number>): TrashLine[] {
  const studies = new Map<number, TrashedFile[]>();
  for (const file of files) {
    if (file.study_id === null) continue;
    const together = studies.get(file.study_id);
    if (together) together.push(file);
    else studies.set(file.study_id, [file]);
  }
  return files.flatMap((file): TrashLine[] => {
    const { study_id: studyId } = file;
    const together = studyId === null ? undefined : studies.get(studyId);
    if (studyId === null || !together || together.length === 1) return [{ file, isInside: false }];
    if (together[0] !== file) return [];
    const inside = open.has(studyId) ? together : [];
    return [{ studyId, files: together }, ...inside.map((each) => ({ file: each, isInside: true }))];
  });
}

/** The files of a line. */
export const filesOf = (line: TrashLine): readonly TrashedFile[] =>
  'file' in line ? [line.file] : line.files;
