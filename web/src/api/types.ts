/** The names this page uses for the shapes of the API. The shapes themselves are in `schema.ts`, which is generated. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type AccessLogEntry = Schemas['AccessLogEntry'];
export type AuditEntry = Schemas['AuditEntry'];
export type BatchItem = Schemas['BatchAnswer'];
export type DicomHeader = Schemas['Dicom'];
export type Download = Schemas['Download'];
export type ErrorCode = Schemas['ErrorCode'];
export type FieldError = Schemas['FieldError'];
export type FileStatus = Schemas['Status'];
export type FileType = Schemas['FileType'];
export type ImageChange = Schemas['ImageFileChanges'];
export type ImageFile = Schemas['ImageFile'];
export type ImagePage = Schemas['Page_ImageFile'];
export type Job = Schemas['Job'];
export type JobError = Schemas['JobError'];
export type NewPatient = Schemas['NewPatient'];
export type NewUpload = Schemas['NewUpload'];
export type Patient = Schemas['Patient'];
/** In answers a number when it is one; in this page's addresses and inputs always text. */
export type PatientId = Schemas['PatientId'];
/** Somebody who has signed in. */
export type Person = Schemas['User'];
export type PersonChange = Schemas['UserChanges'];
export type PatientStudy = Schemas['PatientStudy'];
export type Study = Schemas['StudyItem'];
export type StudySeries = Schemas['StudySeries'];
export type StudyWarning = Schemas['StudyWarning'];
export type StudyWithSeries = Schemas['StudyWithSeries'];
export type SignedPart = Schemas['Part'];
/** Why a file failed, or what a person should look at. */
export type Notice = Schemas['StatusReason'] | Schemas['Warning'];
export type Summary = Schemas['Summary'];
export type TrashedFile = Schemas['TrashedFile'];
export type UploadPlan = Schemas['Upload'];
export type UploadState = Schemas['UploadProgress'];

/** In the order in which they are offered. */
export const FILE_TYPES = ['DICOM', 'JPEG', 'PNG', 'TIFF', 'OTHER'] as const satisfies FileType[];

/** Statuses a listed file can have; DELETED lives in the trash. */
export type LiveStatus = Exclude<FileStatus, 'DELETED'>;
export const LIVE_STATUSES = [
  'UPLOADING',
  'UPLOADED',
  'PROCESSING',
  'PROCESSED',
  'FAILED',
  'ARCHIVED',
] as const satisfies LiveStatus[];
