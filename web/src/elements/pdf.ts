import { getDocument, PDFWorker, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';

export type Pdf = PDFDocumentProxy;

/** What documents leave to the reader: tables of Asian characters, the fourteen fonts, decoders of scans. */
const FILES = import.meta.glob<string>(
  [
    '/node_modules/pdfjs-dist/cmaps/*.bcmap',
    '/node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}',
    '/node_modules/pdfjs-dist/wasm/{jbig2,openjpeg}.wasm',
  ],
  { query: '?url', import: 'default', eager: true },
);
const URLS = new Map(Object.entries(FILES).map(([path, url]) => [path.split('/').pop(), url]));

/** Hands those files out by their names. */
class OwnFiles {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const url = URLS.get(filename);
    const answer = url === undefined ? null : await fetch(url);
    if (!answer?.ok) throw new Error(`${filename} is not there`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

/** Larger pictures inside are left out: they would take all the memory there is. */
const LARGEST_PICTURE = 64_000_000;

/**
 * Opens a document: read in a worker of its own and drawn on canvases, under the page's own policy. Its links, forms and scripts do
 * nothing. `close` has to be called. Rejects when it cannot be read.
 */
export async function openPdf(bytes: Uint8Array): Promise<{ pdf: Pdf; close: () => void }> {
  const port = new Worker(new URL('./pdf.worker.ts', import.meta.url), { type: 'module' });
  const worker = new PDFWorker({ port: port as unknown as null });
  const task = getDocument({
    // The worker takes them away.
    data: bytes.slice(),
    worker,
    BinaryDataFactory: OwnFiles,
    useWorkerFetch: false,
    disableWorkerRendering: true,
    maxImageSize: LARGEST_PICTURE,
    verbosity: 0,
  } as Parameters<typeof getDocument>[0]);
  const close = () => {
    void task
      .destroy()
      .catch(() => undefined)
      .finally(() => port.terminate());
  };
  try {
    return { pdf: await task.promise, close };
  } catch (error) {
    close();
    throw error;
  }
}
