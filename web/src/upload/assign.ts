import type { Api } from '../api/api';
import { ApiError } from '../api/problem';
import type { ImageFile } from '../api/types';
import { eachOf, type Outcome } from '../images/eachOf';
import { idOf, isMisplaced, type Known, type UploadItem } from './item';

/** Files that were dropped for a patient and belong, in the server's record, to nobody or to somebody else. */
export interface Misplaced {
  /** Whom they were dropped for. */
  patientId: string;
  files: readonly UploadItem[];
}

/** What has to be asked next: everything for one patient, who is mostly the only one; null when there is nothing. */
export function misplacedOf(items: readonly UploadItem[]): Misplaced | null {
  const open = items.filter(isMisplaced);
  const patientId = open[0]?.patientId;
  if (patientId === null || patientId === undefined) return null;
  // The same bytes twice in a folder are one record.
  const files = new Map(
    open.filter((item) => item.patientId === patientId).map((item) => [item.fileId, item]),
  );
  return { patientId, files: [...files.values()] };
}

/** How many belong to whom; null stands for nobody. */
export function ownersOf(files: readonly UploadItem[]): Map<string | null, number> {
  const owners = new Map<string | null, number>();
  for (const { record } of files) {
    const owner = idOf(record?.patient_id);
    owners.set(owner, (owners.get(owner) ?? 0) + 1);
  }
  return owners;
}

/** Somebody changed the patient in the meantime: not what the user agreed to. */
export class MovedMeanwhile extends Error {
  override readonly name = 'MovedMeanwhile';
}

/** Gives files to a patient, a few at a time. A failure does not stop the rest. */
export function give(
  api: Pick<Api, 'change'>,
  { patientId, files }: Misplaced,
  onRecord: (file: ImageFile) => void,
  onStep: () => void,
): Promise<Outcome> {
  const records = new Map(files.map(({ fileId, record }) => [fileId ?? 0, record]));
  const change = (id: number, version: number) => api.change(id, { version, patient_id: patientId });
  const giveOne = async (id: number, known: Known) => {
    const given = await change(id, known.version).catch((error: unknown) => {
      // Whatever else was changed does not matter here; whom the file belongs to does.
      const current = currentOf(error);
      if (!current) throw error;
      if (idOf(current.patient_id) === patientId) return current;
      if (idOf(current.patient_id) === idOf(known.patient_id)) return change(id, current.version);
      onRecord(current);
      throw new MovedMeanwhile();
    });
    onRecord(given);
  };
  return eachOf([...records.keys()], async (id) => {
    const known = records.get(id);
    if (known) await giveOne(id, known).finally(onStep);
  });
}

/** A version conflict carries the record as it is now. */
function currentOf(error: unknown): ImageFile | null {
  if (!(error instanceof ApiError) || error.code !== 'version_conflict') return null;
  return (error.problem.extra as { current?: ImageFile }).current ?? null;
}
