import type { Api } from '../api/api';
import { ApiError, problemOf } from '../api/problem';
import type { Outcome } from './eachOf';

/** The contract signs at most this many URLs in one request. */
const URLS_PER_REQUEST = 100;

/** Browsers drop downloads that are started in the same moment. */
const BETWEEN_MS = 350;

/** Starts the browser's own download. The signed URL answers with `Content-Disposition: attachment`, so the page stays. */
export function saveUrl(url: string, filename: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.rel = 'noopener';
  document.body.append(link);
  link.click();
  link.remove();
}

/** A file and the name to save it under. */
export interface Named {
  id: number;
  original_filename: string;
}

/** Downloads many originals one after the other. */
export async function saveMany(api: Api, files: Named[]): Promise<Outcome> {
  const outcome: Outcome = { succeeded: [], failures: [] };
  for (let start = 0; start < files.length; start += URLS_PER_REQUEST) {
    const chunk = files.slice(start, start + URLS_PER_REQUEST);
    const { items, errors } = await api.downloadUrls(chunk.map(({ id }) => id));
    for (const { id, original_filename } of chunk) {
      const url = items[id]?.url;
      if (url === undefined) {
        outcome.failures.push({
          id,
          error: new ApiError(problemOf(409, errors[id] ?? { code: 'not_found' })),
        });
        continue;
      }
      saveUrl(url, original_filename);
      outcome.succeeded.push(id);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }
  return outcome;
}
