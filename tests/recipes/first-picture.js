// How long OHIF needs from its address to a picture: for `make bench`, which measures it over two servers of DICOMweb.
//
//   OHIF=target/ohif/3.12.10/dist DICOM_WEB=http://127.0.0.1:8080/dicom-web TOKEN=… STUDY=1.2.3 node tests/recipes/first-picture.js
//
// It prints the seconds of each time, as JSON. The browser's pages are of another origin than the server, which may not allow that: it is asked through here.
import { createServer, request as ask } from 'node:http';
import { launchBrowser } from './browser.js';
import { serveOhif } from './ohif.js';
import { isShown } from './viewer.js';

const TIMES = 5;
const { OHIF, DICOM_WEB, TOKEN, STUDY } = process.env;
const target = new URL(DICOM_WEB);

/** Hands requests on, and allows every origin to read what is answered. */
function handOn(incoming, answer) {
  const allowed = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-expose-headers': '*', 'cross-origin-resource-policy': 'cross-origin' };
  if (incoming.method === 'OPTIONS') return answer.writeHead(204, allowed).end();
  const headers = { ...incoming.headers, host: target.host };
  const asked = ask({ host: target.hostname, port: target.port, path: incoming.url, method: incoming.method, headers }, (response) => {
    answer.writeHead(response.statusCode, { ...response.headers, ...allowed });
    response.pipe(answer);
  });
  asked.on('error', () => answer.destroy());
  incoming.pipe(asked);
}

const between = createServer(handOn);
await new Promise((resolve) => between.listen(0, '127.0.0.1', resolve));
const ohif = await serveOhif(OHIF, 0, () => `http://127.0.0.1:${between.address().port}${target.pathname}`);
const browser = await launchBrowser();
const seconds = [];
// The first time does not count: the browser has nothing of OHIF yet.
const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
for (let time = 0; time <= TIMES; time += 1) {
  const page = await context.newPage();
  const begun = performance.now();
  await page.goto(`${ohif.origin}/viewer?StudyInstanceUIDs=${STUDY}${TOKEN && `#token=${TOKEN}`}`);
  await page.waitForFunction(isShown, undefined, { timeout: 60_000 });
  if (time > 0) seconds.push((performance.now() - begun) / 1000);
  await page.close();
}
await browser.close();
ohif.close();
between.closeAllConnections();
between.close();
console.log(JSON.stringify(seconds));
