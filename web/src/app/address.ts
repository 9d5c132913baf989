import { useCallback, useMemo } from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { PatientId } from '../api/types';

/**
 * Parameters that can name a patient: a patient id is the hospital's own, and people search for names. They stand behind
 * the `#` of the address, which a browser sends to no server, proxy or `Referer`; a link still reproduces the view.
 */
const PRIVATE = new Set(['search', 'patient_id']);

interface Address {
  search: string;
  hash: string;
}

/** All parameters of an address, from both sides of the `#`. */
export function readAddress({ search, hash }: Address): URLSearchParams {
  return new URLSearchParams([
    ...new URLSearchParams(search),
    ...new URLSearchParams(hash.replace(/^#/, '')),
  ]);
}

/** The address of these parameters, each on its side of the `#`. */
export function addressOf(params: URLSearchParams | Record<string, string>): Address {
  const all = [...new URLSearchParams(params)];
  const side = (isPrivate: boolean) =>
    new URLSearchParams(all.filter(([name]) => PRIVATE.has(name) === isPrivate)).toString();
  const [open, hidden] = [side(false), side(true)];
  return { search: open && `?${open}`, hash: hidden && `#${hidden}` };
}

/** The patient that an address names. */
export function patientOf(params: URLSearchParams): string | null {
  return params.get('patient_id')?.trim() || null;
}

/** The patient that the address names now: what is on the screen follows the address a moment later, and files may come in between. */
export function patientOfAddress(): string | null {
  return patientOf(readAddress(window.location));
}

/** The page of a patient. */
export function patientPage(patientId: PatientId) {
  return { pathname: '/patients/record', ...addressOf({ patient_id: String(patientId) }) };
}

/** The page of uploads, for a patient if there is one. */
export function uploadPage(patientId: string | null) {
  return { pathname: '/upload', ...addressOf(patientId === null ? {} : { patient_id: patientId }) };
}

/** The page of a study; of somebody else's, for administrators. */
export function studyPage(id: number, uploadedBy: number | null = null, more: Record<string, string> = {}) {
  const of: Record<string, string> = uploadedBy === null ? {} : { uploaded_by: String(uploadedBy) };
  return { pathname: `/studies/${id}`, ...addressOf({ ...of, ...more }) };
}

/** The parameters of the page's address, and how to change them. */
export function useAddress() {
  const { search, hash } = useLocation();
  const navigate = useNavigate();
  const params = useMemo(() => readAddress({ search, hash }), [search, hash]);
  const setParams = useCallback(
    (next: URLSearchParams | Record<string, string>, options?: { replace: boolean }) =>
      void navigate(addressOf(next), options),
    [navigate],
  );
  return [params, setParams] as const;
}
