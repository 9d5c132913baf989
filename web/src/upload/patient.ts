/** The patient that newly added files belong to is part of the upload page's URL, as an id only. */
export function chosenPatient(search: string): string | null {
  return new URLSearchParams(search).get('patient_id') || null;
}
