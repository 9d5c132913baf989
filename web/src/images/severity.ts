import type { Notice } from '../api/types';

/** Somebody could be hurt, somebody should look, or nobody has to do anything. */
export type Severity = 'grave' | 'check' | 'harmless';

/** What could hurt a patient when it is overlooked. */
const GRAVE = new Set<string>(['patient_mismatch'] satisfies Notice['code'][]);
/** Why a file that is as it should be has no picture. */
const HARMLESS = new Set<string>([
  'directory',
  'document',
  'no_pixel_data',
  'not_image_file',
  'presentation_state',
  'radiotherapy',
  'structured_report',
  'video',
  'waveform',
] satisfies Notice['code'][]);

/** A code that is newer than this page is one, too. */
interface Coded {
  code: string;
}

export function severityOf({ code }: Coded): Severity {
  if (GRAVE.has(code)) return 'grave';
  return HARMLESS.has(code) ? 'harmless' : 'check';
}

/** The worst of them; null when there are none. */
export function worstOf(notices: readonly Coded[]): Severity | null {
  const found = new Set(notices.map(severityOf));
  return (['grave', 'check', 'harmless'] as const).find((severity) => found.has(severity)) ?? null;
}
