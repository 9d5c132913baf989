import type { ImageFile, Notice } from '../api/types';
import { severityOf } from '../images/severity';
import { isFinal, Rejected } from './failures';
import type { ChosenFile } from './folder';

export type UploadStateName =
  | 'waiting'
  | 'hashing'
  | 'uploading'
  | 'paused'
  | 'offline'
  | 'finishing'
  /** The bytes are there; the server has not said yet what it makes of them. */
  | 'processing'
  | 'done'
  /** The server kept it and found something a person has to look at. */
  | 'doubt'
  | 'duplicate'
  | 'failed'
  | 'cancelled';

/** One file of the queue as it is shown. A change makes a new object. */
export interface UploadItem {
  readonly key: string;
  readonly file: File;
  readonly path: string;
  /** What the journal knows it by, once that is known. */
  readonly print: string | null;
  readonly patientId: string | null;
  readonly state: UploadStateName;
  readonly sent: number;
  readonly fileId: number | null;
  /** The server had these bytes before. */
  readonly existing: boolean;
  /** The server's record as last seen; null until it has one of an end. */
  readonly record: Known | null;
  /** What the server remarked on it. */
  readonly notices: readonly Notice[];
  /** A file with these bytes in the trash, which may be restored instead. */
  readonly inTrash: number | null;
  /** The user was asked about its patient and wants the record to stay as it is. */
  readonly kept: boolean;
  readonly error: unknown;
}

export function newItem(key: string, { file, path }: ChosenFile, patientId: string | null): UploadItem {
  return {
    key,
    file,
    path,
    print: null,
    patientId,
    state: 'waiting',
    sent: 0,
    fileId: null,
    existing: false,
    record: null,
    notices: [],
    inTrash: null,
    kept: false,
    error: null,
  };
}

/** What the queue keeps of a record: two thousand whole ones would be megabytes of signed URLs. */
export type Known = Pick<ImageFile, 'patient_id' | 'version'> & { header?: HeaderPatient | null };

/** Whom a DICOM header names. */
export interface HeaderPatient {
  id: string;
  /** As people write it. */
  name: string;
}

const RUNNING = new Set<UploadStateName>(['waiting', 'hashing', 'uploading', 'offline', 'finishing']);
const OVER = new Set<UploadStateName>(['done', 'duplicate', 'doubt', 'cancelled']);
const GOOD = new Set<UploadStateName>(['done', 'duplicate', 'cancelled']);

export const isRunning = ({ state }: UploadItem) => RUNNING.has(state);
/** Signing out or closing the page would lose its progress. */
export const isUnfinished = (item: UploadItem) => isRunning(item) || item.state === 'paused';
/** It failed, and the same file may succeed another time. */
export const isRetryable = ({ state, error }: UploadItem) => state === 'failed' && !isFinal(error);
export const isOver = ({ state }: UploadItem) => OVER.has(state);
/** Nothing about it has to be read: it may leave the list with all others like it. */
export const isGood = (item: UploadItem) => GOOD.has(item.state) && !isMisplaced(item);
/** The server has it and refused it, or found something in it: only a look at it helps. */
export const isJudged = ({ state, error }: UploadItem) =>
  state === 'doubt' || (state === 'failed' && error instanceof Rejected);
/** The server has said what it makes of it. */
export const isAnswered = (item: UploadItem) =>
  isJudged(item) || item.state === 'done' || item.state === 'duplicate';
/** There is something to stop. */
export const isCancellable = (item: UploadItem) =>
  isUnfinished(item) || (item.state === 'failed' && !isJudged(item));

/** A patient's id as text: the API writes some as numbers. */
export const idOf = (patient: unknown): string | null =>
  patient === null || patient === undefined ? null : String(patient);

/** The server's record belongs to nobody, or to another patient than the one the file was dropped for. */
export const isElsewhere = ({ patientId, record }: UploadItem) =>
  patientId !== null && record !== null && idOf(record.patient_id) !== patientId;
/** {@link isElsewhere}, and nobody has decided yet what is to become of it. */
export const isMisplaced = (item: UploadItem) => !item.kept && isElsewhere(item);

/** It belongs to nobody and was dropped for nobody, but its header names somebody, and nobody has decided yet. */
export const isUnassigned = (item: UploadItem) =>
  !item.kept &&
  item.patientId === null &&
  isAnswered(item) &&
  item.record !== null &&
  idOf(item.record.patient_id) === null &&
  Boolean(item.record.header);

/** The same file of the same folder, as far as can be told without reading it. */
export const identity = ({ file, path }: ChosenFile) => JSON.stringify([path, file.size, file.lastModified]);
/** Somebody has to look at it, although it arrived. */
export const isInDoubt = (item: UploadItem) => item.state === 'doubt' || (isOver(item) && isMisplaced(item));
/** It is kept as it should be, and whoever looks for its picture finds none. */
export const isPictureless = (item: UploadItem) =>
  item.state === 'done' &&
  !isInDoubt(item) &&
  item.notices.some((notice) => severityOf(notice) === 'harmless');
