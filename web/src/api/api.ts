import type { ApiClient, Routes } from './client';
import type { ImageChange, NewPatient, NewUpload, PersonChange } from './types';

/** The query of a route. What is empty or null is not sent. */
type Query<R extends keyof Routes> = Routes[R] extends { get: { parameters: { query?: infer Q } } }
  ? { [K in keyof NonNullable<Q>]: NonNullable<Q>[K] | '' | null }
  : never;

/** One function per route of the API that this page uses. */
export function createApi(client: ApiClient) {
  const file = (file_id: number) => ({ params: { path: { file_id } } });
  const patient = (patient_id: string) => ({ params: { path: { patient_id } } });
  const study = (study_id: number, uploaded_by: number | null) => ({
    params: { path: { study_id }, query: given({ uploaded_by }) },
  });
  const list = <Q extends object>(query: Q, signal?: AbortSignal) => ({
    params: { query: given(query) },
    signal: signal ?? null,
  });
  return {
    myImages: (query: Query<'/image-files/my-images'>, signal?: AbortSignal) =>
      answer(client.GET('/image-files/my-images', list(query, signal))),
    allImages: (query: Query<'/image-files'>, signal?: AbortSignal) =>
      answer(client.GET('/image-files', list(query, signal))),
    trash: (query: Query<'/image-files/trash'>, signal?: AbortSignal) =>
      answer(client.GET('/image-files/trash', list(query, signal))),
    image: (id: number, signal?: AbortSignal) =>
      answer(client.GET('/image-files/{file_id}', { ...file(id), signal: signal ?? null })),
    elements: (id: number, signal?: AbortSignal) =>
      answer(
        client.GET('/image-files/{file_id}/dicom', {
          ...file(id),
          headers: { accept: 'application/dicom+json' },
          signal: signal ?? null,
        }),
      ),
    download: (id: number) => answer(client.GET('/image-files/{file_id}/download', file(id))),
    downloadUrls: (ids: number[]) => answer(client.POST('/image-files/download-urls', { body: { ids } })),
    remove: (id: number) => answer(client.DELETE('/image-files/{file_id}', file(id))),
    restore: (id: number) => answer(client.POST('/image-files/{file_id}/restore', file(id))),
    assign: (ids: number[], patient_id: string) =>
      answer(client.POST('/image-files/assign', { body: { ids, patient_id } })),
    assignStudy: (study_id: number, patient_id: string) =>
      answer(client.POST('/image-files/assign', { body: { study_id, patient_id } })),
    change: (id: number, body: ImageChange) =>
      answer(client.PATCH('/image-files/{file_id}', { ...file(id), body })),
    archive: (id: number) => answer(client.POST('/image-files/{file_id}/archive', file(id))),
    unarchive: (id: number) => answer(client.POST('/image-files/{file_id}/unarchive', file(id))),
    job: (job_id: number) => answer(client.GET('/jobs/{job_id}', { params: { path: { job_id } } })),
    cancelJob: (job_id: number) => answer(client.DELETE('/jobs/{job_id}', { params: { path: { job_id } } })),
    accessLog: (id: number, cursor: string | null) =>
      answer(
        client.GET('/image-files/{file_id}/access-log', {
          params: { path: { file_id: id }, query: given({ cursor }) },
        }),
      ),
    audit: (query: Query<'/audit'>, signal?: AbortSignal) =>
      answer(client.GET('/audit', list(query, signal))),
    summary: (everybody: boolean, signal?: AbortSignal) =>
      answer(
        client.GET('/image-files/stats/summary', {
          params: { query: everybody ? { scope: 'all' } : {} },
          signal: signal ?? null,
        }),
      ),

    createUploads: (files: (NewUpload & { client_file_id: string })[]) =>
      answer(client.POST('/uploads/batch', { body: { files } })),
    uploadState: (id: number) => answer(client.GET('/uploads/{file_id}', file(id))),
    signParts: (id: number, part_numbers: number[]) =>
      answer(client.POST('/uploads/{file_id}/parts', { ...file(id), body: { part_numbers } })),
    signPut: (id: number) =>
      answer(client.POST('/uploads/{file_id}/sign', { ...file(id), body: { method: 'PUT' } })),
    completeUpload: (id: number) =>
      answer(client.POST('/uploads/{file_id}/complete', { ...file(id), body: {} })),
    abortUpload: (id: number) => answer(client.DELETE('/uploads/{file_id}', file(id))),

    me: (signal?: AbortSignal) => answer(client.GET('/me', { signal: signal ?? null })),
    users: (query: Query<'/users'>, signal?: AbortSignal) =>
      answer(client.GET('/users', list(query, signal))),
    changeUser: (user_id: number, body: PersonChange) =>
      answer(client.PATCH('/users/{user_id}', { params: { path: { user_id } }, body })),

    worklist: (query: Query<'/studies'>, signal?: AbortSignal) =>
      answer(client.GET('/studies', list(query, signal))),
    study: (study_id: number, uploaded_by: number | null, signal?: AbortSignal) =>
      answer(client.GET('/studies/{study_id}', { ...study(study_id, uploaded_by), signal: signal ?? null })),
    removeStudy: (study_id: number, uploaded_by: number | null) =>
      answer(client.DELETE('/studies/{study_id}', study(study_id, uploaded_by))),
    restoreStudy: (study_id: number, uploaded_by: number | null) =>
      answer(client.POST('/studies/{study_id}/restore', study(study_id, uploaded_by))),
    archiveStudy: (study_id: number, uploaded_by: number | null) =>
      answer(client.POST('/studies/{study_id}/archive', study(study_id, uploaded_by))),
    unarchiveStudy: (study_id: number, uploaded_by: number | null) =>
      answer(client.POST('/studies/{study_id}/unarchive', study(study_id, uploaded_by))),
    studyFiles: (study_id: number, query: Query<'/studies/{study_id}/files'>, signal?: AbortSignal) =>
      answer(
        client.GET('/studies/{study_id}/files', {
          params: { path: { study_id }, query: given(query) },
          signal: signal ?? null,
        }),
      ),
    seriesFiles: (series_id: number, query: Query<'/series/{series_id}/files'>, signal?: AbortSignal) =>
      answer(
        client.GET('/series/{series_id}/files', {
          params: { path: { series_id }, query: given(query) },
          signal: signal ?? null,
        }),
      ),

    patients: (query: Query<'/patients'>, signal?: AbortSignal) =>
      answer(client.GET('/patients', list(query, signal))),
    patient: (id: string, signal?: AbortSignal) =>
      answer(client.GET('/patients/{patient_id}', { ...patient(id), signal: signal ?? null })),
    putPatient: (id: string, body: NewPatient) =>
      answer(client.PUT('/patients/{patient_id}', { ...patient(id), body })),
    removePatient: (id: string) => answer(client.DELETE('/patients/{patient_id}', patient(id))),
    studies: (id: string, signal?: AbortSignal) =>
      answer(client.GET('/patients/{patient_id}/studies', { ...patient(id), signal: signal ?? null })),
  };
}

export type Api = ReturnType<typeof createApi>;

/** The body of an answer. There is one: the client throws whatever is no success. */
async function answer<T>(result: Promise<{ data?: T }>): Promise<T> {
  return (await result).data as T;
}

/** Only what is set. */
export function given<Q extends object>(query: Q): { [K in keyof Q]?: Exclude<Q[K], '' | null | undefined> } {
  const set = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return Object.fromEntries(set) as { [K in keyof Q]?: Exclude<Q[K], '' | null | undefined> };
}
