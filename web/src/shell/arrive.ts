/** What is on its way or here, by address. What did not come is not kept, so that it can be asked for again. */
const arriving = new Map<string, Promise<void>>();

/**
 * Runs `run`, which imports a module, once all files of that module are in the browser's cache. A module that a browser could not fetch
 * stays broken until a reload, and a reload ends running uploads (HTML, "fetch a single module script": the module map keeps the failure;
 * Chromium 148 does so). A plain request may fail and be made again. The build puts this around each `import()`: vite.config.ts.
 */
export async function arrive<T>(run: () => Promise<T>, files: string[] = []): Promise<T> {
  await Promise.all(files.map((file) => once(new URL(file, document.baseURI).href)));
  return run();
}

function once(url: string): Promise<void> {
  const known = arriving.get(url);
  if (known) return known;
  const coming = url.endsWith('.css') ? style(url) : cached(url);
  arriving.set(url, coming);
  coming.catch(() => arriving.delete(url));
  return coming;
}

async function cached(url: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  await answer.arrayBuffer();
}

function style(url: string): Promise<void> {
  const there = [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')];
  if (there.some((link) => link.href === url)) return Promise.resolve();
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.crossOrigin = '';
  link.href = url;
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`no style ${url}`));
    };
    document.head.append(link);
  });
}
