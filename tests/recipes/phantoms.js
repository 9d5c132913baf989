import { build } from 'esbuild';
import { join } from 'node:path';

/** What writes slices for the browser tests of the page. */
export async function phantoms() {
  const entryPoints = [join(import.meta.dirname, '../../web/e2e/phantom.ts')];
  const bundle = await build({ entryPoints, bundle: true, format: 'esm', platform: 'node', write: false });
  const { phantom } = await import(`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].contents).toString('base64')}`);
  return phantom;
}
