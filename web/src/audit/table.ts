import type { AuditEntry } from '../api/types';

/** In the order in which they are exported. */
const COLUMNS = [
  'at',
  'actor_id',
  'actor_name',
  'action',
  'file_id',
  'files',
  'studies',
  'patient_id',
  'patients',
  'user_id',
  'ip',
  'user_agent',
  'request_id',
] as const satisfies (keyof AuditEntry)[];

/** What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"); a name or a program may begin with it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  const text = Array.isArray(value) ? value.join(' ') : value === null ? '' : String(value);
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

/** Entries as a table for spreadsheets: UTF-8 with a mark, because Excel takes it for something else otherwise; lines as RFC 4180 has them. */
export function csvOf(entries: AuditEntry[]): string {
  const lines = entries.map((entry) => COLUMNS.map((column) => cell(entry[column])).join(','));
  return `\uFEFF${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}
