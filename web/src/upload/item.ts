import { isFinal } from './failures';
import type { ChosenFile } from './folder';

export type UploadStateName =
  | 'waiting'
  | 'hashing'
  | 'uploading'
  | 'paused'
  | 'offline'
  | 'finishing'
  | 'done'
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
  readonly error: unknown;
}

const RUNNING = new Set<UploadStateName>(['waiting', 'hashing', 'uploading', 'offline', 'finishing']);
const OVER = new Set<UploadStateName>(['done', 'duplicate', 'cancelled']);

export const isRunning = ({ state }: UploadItem) => RUNNING.has(state);
/** Signing out or closing the page would lose its progress. */
export const isUnfinished = (item: UploadItem) => isRunning(item) || item.state === 'paused';
/** It failed, and the same file may succeed another time. */
export const isRetryable = ({ state, error }: UploadItem) => state === 'failed' && !isFinal(error);
export const isOver = ({ state }: UploadItem) => OVER.has(state);

/** The same file of the same folder, as far as can be told without reading it. */
export const identity = ({ file, path }: ChosenFile) => JSON.stringify([path, file.size, file.lastModified]);
