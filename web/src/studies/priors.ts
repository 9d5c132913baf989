import type { Api } from '../api/api';
import type { Study } from '../api/types';

/** So many other studies of a patient are offered. */
const OFFERED = 10;

/**
 * Other studies of the same patient, the newest first. A study that was given to a patient is compared with those of that
 * patient only, whoever its header names: one that was given away from a wrong header must not meet that header again.
 */
export async function priorsOf(
  api: Pick<Api, 'worklist'>,
  { id, patient_id, patient }: Study,
  of: number | null,
  signal?: AbortSignal,
): Promise<Study[]> {
  const inHeader = patient?.id?.trim() ?? '';
  const page = { uploaded_by: of, page_size: OFFERED + 1, sort: '-study_date' as const };
  if (patient_id !== null) {
    const { items } = await api.worklist({ ...page, patient_id: String(patient_id) }, signal);
    return items.filter((other) => other.id !== id).slice(0, OFFERED);
  }
  if (inHeader === '') return [];
  const { items } = await api.worklist({ ...page, search: inHeader, page_size: 100 }, signal);
  // A search also finds those whose id only contains this one.
  const isSame = (other: Study) => other.patient?.id?.trim() === inHeader;
  return items.filter((other) => other.id !== id && isSame(other)).slice(0, OFFERED);
}
