import type { Api } from '../api/api';
import { ApiError, problemOf } from '../api/problem';
import type { Patient } from '../api/types';
import type { Outcome } from '../images/eachOf';
import { isUnassigned, type HeaderPatient, type UploadItem } from './item';

/** Files of nobody whose headers name the same person. */
export interface HeaderGroup {
  key: string;
  header: HeaderPatient;
  files: readonly UploadItem[];
}

/** What has been found in the headers, most files first. The same record twice in a folder counts once. */
export function headerGroups(items: readonly UploadItem[]): HeaderGroup[] {
  const groups = new Map<string, { header: HeaderPatient; files: Map<number | null, UploadItem> }>();
  for (const item of items.filter(isUnassigned)) {
    const header = item.record?.header;
    if (!header) continue;
    const key = JSON.stringify([header.id, header.name]);
    const group = groups.get(key) ?? { header, files: new Map() };
    group.files.set(item.fileId, item);
    groups.set(key, group);
  }
  const found = [...groups].map(([key, { header, files }]) => ({ key, header, files: [...files.values()] }));
  return found.sort((one, other) => other.files.length - one.files.length);
}

/** What the service accepts as the id of a patient. */
export const isPatientId = (id: string) => /^[A-Za-z0-9._-]{1,64}$/.test(id) && id !== '.' && id !== '..';

/** The patient whom a header means: by id, otherwise by record number. Null when there is none, or several. */
export async function patientOf(
  api: Pick<Api, 'patient' | 'patients'>,
  { id }: HeaderPatient,
  signal?: AbortSignal,
): Promise<Patient | null> {
  if (isPatientId(id)) {
    const found = await api.patient(id, signal).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    });
    if (found) return found;
  }
  const { items } = await api.patients({ search: id }, signal);
  const numbered = items.filter(({ medical_record_number }) => medical_record_number === id);
  return numbered.length === 1 ? (numbered[0] ?? null) : null;
}

/** Names are the same for people when only spaces, case and the order of the parts differ. */
export function isSameName(one: string, other: string): boolean {
  const parts = (name: string) =>
    name
      .toLowerCase()
      .normalize('NFKC')
      .split(/[\s,^]+/)
      .filter(Boolean);
  const [a, b] = [parts(one), parts(other)];
  return a.join('') === b.join('') || a.sort().join(' ') === b.sort().join(' ');
}

/** What is given to a patient: files, or all of the caller's files of a study. */
export type Target = { ids: readonly number[] } | { studyId: number; files: number };

export const countOf = (target: Target) => ('ids' in target ? target.ids.length : target.files);

/** The contract takes so many files in one request. */
const AT_ONCE = 1000;

/** Gives files to a patient. For those that the time of a request was not enough for, it asks again as long as that helps. */
export async function assignAll(
  api: Pick<Api, 'assign' | 'assignStudy'>,
  target: Target,
  patientId: string,
): Promise<Outcome> {
  const outcome: Outcome = { succeeded: [], failures: [] };
  const take = ({ updated, errors }: Awaited<ReturnType<Api['assign']>>) => {
    outcome.succeeded.push(...updated);
    for (const [id, error] of Object.entries(errors)) {
      outcome.failures.push({ id: Number(id), error: new ApiError(problemOf(409, error)) });
    }
  };
  const give = async (ids: readonly number[]) => {
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      take(await api.assign(ids.slice(start, start + AT_ONCE), patientId));
    }
  };
  if ('ids' in target) await give(target.ids);
  else take(await api.assignStudy(target.studyId, patientId));
  for (let before = Infinity; ;) {
    const late = outcome.failures.filter(({ error }) => isLate(error)).map(({ id }) => id);
    if (late.length === 0 || late.length >= before) return outcome;
    before = late.length;
    outcome.failures = outcome.failures.filter(({ error }) => !isLate(error));
    await give(late);
  }
}

const isLate = (error: unknown) => error instanceof ApiError && error.code === 'unavailable';
