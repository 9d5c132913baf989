// Serves OHIF on a loopback port, with docs/recipes/ohif.js for a configuration: `make ohif`, and the test of that recipe.
//
//   OHIF=target/ohif/3.12.10/dist OHIF_PORT=8090 PORT=8080 node tests/recipes/ohif.js
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { RECIPES } from './stack.js';

/** What the recipe has for the address of an installation. */
const EXAMPLE = 'https://api.example.org/dicom-web';

/** OHIF of the folder `dist` on `port` (0: a free one); `dicomWeb` is asked for when a page is opened. */
export async function serveOhif(dist, port, dicomWeb) {
  const recipe = readFileSync(join(RECIPES, 'ohif.js'), 'utf8');
  // Volumes need memory that workers share, and a browser gives it to pages that keep to themselves (https://web.dev/articles/coop-coep).
  const setHeaders = (response) => {
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'credentialless');
  };
  const files = sirv(dist, { single: true, setHeaders });
  const server = createServer((request, response) => {
    if (new URL(request.url, 'http://ohif').pathname !== '/app-config.js') return files(request, response);
    response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(recipe.replace(EXAMPLE, dicomWeb()));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

if (import.meta.filename === process.argv[1]) {
  const { OHIF, OHIF_PORT, PORT } = process.env;
  const { origin } = await serveOhif(OHIF, Number(OHIF_PORT), () => `http://127.0.0.1:${PORT}/dicom-web`);
  console.log(`OHIF: ${origin}/#token=<one of the tokens of the stack>`);
}
