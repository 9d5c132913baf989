/** Starts the browser's own download. A signed URL answers with `Content-Disposition: attachment`, so the page stays. */
export function saveUrl(url: string, filename: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.rel = 'noopener';
  document.body.append(link);
  link.click();
  link.remove();
}
