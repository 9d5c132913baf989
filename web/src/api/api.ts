import type { ApiClient } from './client';
import type { Request } from './routes';
import type { ImageChange, NewPatient, NewUpload } from './types';

type Query<R extends string> = Request<'get', R> extends { query?: infer Q } ? NonNullable<Q> : never;

/** One function per route of the API that this page uses. */
export function createApi(client: ApiClient) {
  const file = (file_id: number) => ({ path: { file_id } });
  const patient = (patient_id: string) => ({ path: { patient_id } });
  return {
    myImages: (query: Query<'/image-files/my-images'>, signal?: AbortSignal) =>
      client.get('/image-files/my-images', { query, signal }),
    allImages: (query: Query<'/image-files'>, signal?: AbortSignal) =>
      client.get('/image-files', { query, signal }),
    trash: (query: Query<'/image-files/trash'>, signal?: AbortSignal) =>
      client.get('/image-files/trash', { query, signal }),
    image: (id: number, signal?: AbortSignal) =>
      client.get('/image-files/{file_id}', { ...file(id), signal }),
    download: (id: number) => client.get('/image-files/{file_id}/download', file(id)),
    downloadUrls: (ids: number[]) => client.post('/image-files/download-urls', { body: { ids } }),
    remove: (id: number) => client.delete('/image-files/{file_id}', file(id)),
    restore: (id: number) => client.post('/image-files/{file_id}/restore', file(id)),
    change: (id: number, body: ImageChange) => client.patch('/image-files/{file_id}', { ...file(id), body }),
    archive: (id: number) => client.post('/image-files/{file_id}/archive', file(id)),
    unarchive: (id: number) => client.post('/image-files/{file_id}/unarchive', file(id)),
    accessLog: (id: number, cursor: string | null) =>
      client.get('/image-files/{file_id}/access-log', { ...file(id), query: { cursor } }),
    summary: (everybody: boolean, signal?: AbortSignal) =>
      client.get('/image-files/stats/summary', { query: { scope: everybody ? 'all' : null }, signal }),

    createUploads: (files: (NewUpload & { client_file_id: string })[]) =>
      client.post('/uploads/batch', { body: { files } }),
    uploadState: (id: number) => client.get('/uploads/{file_id}', file(id)),
    signParts: (id: number, part_numbers: number[]) =>
      client.post('/uploads/{file_id}/parts', { ...file(id), body: { part_numbers } }),
    signPut: (id: number) => client.post('/uploads/{file_id}/sign', { ...file(id), body: { method: 'PUT' } }),
    completeUpload: (id: number) => client.post('/uploads/{file_id}/complete', { ...file(id), body: {} }),
    abortUpload: (id: number) => client.delete('/uploads/{file_id}', file(id)),

    patients: (query: Query<'/patients'>, signal?: AbortSignal) => client.get('/patients', { query, signal }),
    patient: (id: string, signal?: AbortSignal) =>
      client.get('/patients/{patient_id}', { ...patient(id), signal }),
    putPatient: (id: string, body: NewPatient) =>
      client.put('/patients/{patient_id}', { ...patient(id), body }),
    removePatient: (id: string) => client.delete('/patients/{patient_id}', patient(id)),
    studies: (id: string, signal?: AbortSignal) =>
      client.get('/patients/{patient_id}/studies', { ...patient(id), signal }),
  };
}

export type Api = ReturnType<typeof createApi>;
