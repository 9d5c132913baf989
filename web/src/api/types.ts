/** The shapes of contract.md. */

export const FILE_TYPES = ['DICOM', 'JPEG', 'PNG', 'TIFF', 'OTHER'] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** Statuses a listed file can have; DELETED lives in the trash. */
export const LIVE_STATUSES = [
  'UPLOADING',
  'UPLOADED',
  'PROCESSING',
  'PROCESSED',
  'FAILED',
  'ARCHIVED',
] as const;
export type FileStatus = (typeof LIVE_STATUSES)[number] | 'DELETED';

export interface CodedMessage {
  code: string;
  message: string;
}

export interface DicomHeader {
  patient_id: string | null;
  patient_name: string | null;
  study_instance_uid: string | null;
  series_instance_uid: string | null;
  sop_instance_uid: string | null;
  sop_class_uid: string | null;
  transfer_syntax_uid: string | null;
  instance_number: number | null;
  rows: number | null;
  columns: number | null;
  number_of_frames: number | null;
}

export interface ImageFile {
  id: number;
  file_uuid: string;
  original_filename: string;
  file_type: FileType;
  mime_type: string | null;
  storage_path: string;
  file_size: number;
  file_hash: string | null;
  thumbnail_url: string | null;
  preview_url: string | null;
  uploaded_by: number;
  uploader_name: string | null;
  patient_id: string | null;
  study_id: string | null;
  series_id: string | null;
  modality: string | null;
  body_part: string | null;
  study_date: string | null;
  description: string | null;
  status: FileStatus;
  status_reason: CodedMessage | null;
  upload_progress: number;
  created_at: string;
  updated_at: string;
  uploaded_at: string | null;
  is_deleted: boolean;
  deleted_at: string | null;
  duplicate_of: number | null;
  warnings: CodedMessage[];
  dicom: DicomHeader | null;
  version: number;
  purge_at?: string | null;
}

export interface ImagePage {
  total: number | null;
  page: number;
  page_size: number;
  total_pages: number | null;
  next_cursor: string | null;
  items: ImageFile[];
}

export interface Summary {
  total_files: number;
  total_size: number;
  by_type: Record<string, number>;
  by_status: Record<string, number>;
  by_modality: Record<string, number>;
}

export interface AccessLogEntry {
  at: string;
  actor_id: number;
  actor_name: string | null;
  action: string;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
}

export interface Download {
  url: string;
  expires_at: string;
  filename: string;
  mime_type: string;
  file_size: number;
  file_hash: string | null;
}

/** Body of `POST /uploads`. */
export interface NewUpload {
  filename: string;
  size: number;
  mime_type?: string | undefined;
  patient_id?: string | undefined;
  modality?: string | undefined;
  body_part?: string | undefined;
  study_date?: string | undefined;
  description?: string | undefined;
  md5?: string | undefined;
  allow_duplicate?: boolean | undefined;
}

export interface SignedPart {
  part_number: number;
  url: string;
}

export type UploadPlan =
  | { method: 'single'; url: string; headers: Record<string, string>; expires_at: string }
  | {
      method: 'multipart';
      upload_id: string;
      part_size: number;
      total_parts: number;
      parts: SignedPart[];
      expires_at: string;
    };

export interface CreatedUpload {
  file: ImageFile;
  upload: UploadPlan | null;
  duplicate: boolean;
}

export interface BatchItem {
  client_file_id: string;
  file: ImageFile | null;
  upload: UploadPlan | null;
  duplicate: boolean;
  error: CodedMessage | null;
}

/** What the bucket holds of an unfinished upload. */
export interface UploadState {
  file_id: number;
  status: FileStatus;
  upload_progress: number;
  part_size: number | null;
  total_chunks: number;
  uploaded_chunks: number[];
  uploaded_bytes: number;
  expires_at: string | null;
}

export interface SignedRequest {
  url: string;
  key: string;
  headers: Record<string, string>;
}

export interface Patient {
  patient_id: string;
  name: string;
  medical_record_number: string | null;
  sex: string | null;
  birth_date: string | null;
}

export interface PatientPage {
  items: Patient[];
  next_cursor: string | null;
}

export interface Series {
  series_id: string;
  series_instance_uid: string | null;
  modality: string | null;
  description?: string | null;
  file_count: number;
}

export interface Study {
  study_id: string;
  study_instance_uid: string | null;
  study_date: string | null;
  description?: string | null;
  file_count: number;
  series: Series[];
}
