import type { ApiClient, Query } from './client';
import type {
  AccessLogEntry,
  BatchItem,
  CreatedUpload,
  Download,
  ImageFile,
  ImagePage,
  NewUpload,
  Patient,
  PatientPage,
  SignedPart,
  SignedRequest,
  Study,
  Summary,
  UploadState,
} from './types';

/** Fields of a PATCH; `version` says which record the user was looking at. */
export type ImageChange = Partial<
  Pick<
    ImageFile,
    'original_filename' | 'description' | 'modality' | 'body_part' | 'study_date' | 'patient_id'
  >
> & { version: number };

/** One function per route of contract.md. */
export function createApi(client: ApiClient) {
  const file = (id: number) => `/image-files/${id}`;
  const patient = (id: string) => `/patients/${encodeURIComponent(id)}`;
  return {
    myImages: (query: Query, signal?: AbortSignal) =>
      client.get<ImagePage>('/image-files/my-images', { query, signal }),
    allImages: (query: Query, signal?: AbortSignal) =>
      client.get<ImagePage>('/image-files', { query, signal }),
    trash: (query: Query, signal?: AbortSignal) =>
      client.get<ImagePage>('/image-files/trash', { query, signal }),
    image: (id: number, signal?: AbortSignal) => client.get<ImageFile>(file(id), { signal }),
    download: (id: number) => client.get<Download>(`${file(id)}/download`),
    downloadUrls: (ids: number[], variant: 'original' | 'thumbnail' | 'preview') =>
      client.post<{ items: Record<string, Download>; errors: Record<string, { code: string }> }>(
        '/image-files/download-urls',
        { ids, variant },
      ),
    remove: (id: number) => client.delete<{ message: string; file_id: number }>(file(id)),
    restore: (id: number) => client.post<ImageFile>(`${file(id)}/restore`),
    change: (id: number, change: ImageChange) => client.patch<ImageFile>(file(id), change),
    archive: (id: number) => client.post<ImageFile>(`${file(id)}/archive`),
    unarchive: (id: number) => client.post<ImageFile>(`${file(id)}/unarchive`),
    accessLog: (id: number, cursor?: string) =>
      client.get<{ items: AccessLogEntry[]; next_cursor: string | null }>(`${file(id)}/access-log`, {
        query: { cursor },
      }),
    summary: (everybody: boolean, signal?: AbortSignal) =>
      client.get<Summary>('/image-files/stats/summary', {
        query: { scope: everybody ? 'all' : undefined },
        signal,
      }),

    createUpload: (upload: NewUpload) => client.post<CreatedUpload>('/uploads', upload),
    createUploads: (files: (NewUpload & { client_file_id: string })[]) =>
      client.post<{ items: BatchItem[] }>('/uploads/batch', { files }),
    uploadState: (id: number) => client.get<UploadState>(`/uploads/${id}`),
    signParts: (id: number, part_numbers: number[]) =>
      client.post<{ parts: SignedPart[]; expires_at: string }>(`/uploads/${id}/parts`, { part_numbers }),
    signRequest: (id: number, method: string) =>
      client.post<SignedRequest>(`/uploads/${id}/sign`, { method }),
    completeUpload: (id: number) => client.post<ImageFile>(`/uploads/${id}/complete`, {}),
    abortUpload: (id: number) => client.delete<unknown>(`/uploads/${id}`),

    patients: (query: Query, signal?: AbortSignal) => client.get<PatientPage>('/patients', { query, signal }),
    patient: (id: string, signal?: AbortSignal) => client.get<Patient>(patient(id), { signal }),
    putPatient: ({ patient_id, ...body }: Pick<Patient, 'patient_id' | 'name'> & Partial<Patient>) =>
      client.put<Patient>(patient(patient_id), body),
    removePatient: (id: string) => client.delete<unknown>(patient(id)),
    studies: (id: string, signal?: AbortSignal) =>
      client.get<{ items: Study[] }>(`${patient(id)}/studies`, { signal }),
  };
}

export type Api = ReturnType<typeof createApi>;
