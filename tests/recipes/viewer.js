// OHIF in a browser, over a local stack of its own: what its tests share.
import assert from 'node:assert/strict';
import { launchBrowser } from './browser.js';
import { serveOhif } from './ohif.js';
import { startStack } from './stack.js';

/** OHIF, the stack that it reads, and a page in which its worklist was opened with a token of the first user. */
export async function startViewer() {
  let stack;
  const ohif = await serveOhif(process.env.OHIF, 0, () => `${stack.url}/dicom-web`);
  const browser = await launchBrowser();
  stack = await startStack({ ohif: ohif.origin });
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 800 } })).newPage();
  page.setDefaultTimeout(60_000);
  const said = watched(page);
  await page.goto(`${ohif.origin}/#token=${stack.token}`);
  await page.getByText('Study List').first().waitFor().catch((error) => explained(error, said()));
  // What OHIF asks of somebody who is new lies over the pictures.
  await page.evaluate(() => {
    localStorage.setItem('shownTours', JSON.stringify(['basicViewerTour']));
    sessionStorage.setItem('investigationalUseDialog', 'hidden');
  });
  return {
    ...{ ohif, stack, page, found: (path) => found(stack, path), studyOf: (query, many) => studyOf(stack, query, many) },
    /** Opens a study, and waits until `isThere` says so in the page: until its canvas shows something. */
    async open(study, isThere = isShown) {
      said();
      await page.goto(`${ohif.origin}/viewer?StudyInstanceUIDs=${study}`);
      await this.until(isThere);
    },
    /** Waits for what a function says in the page; if that does not come, the error has what went wrong there. */
    until: (isThere, argument) => page.waitForFunction(isThere, argument).catch((error) => explained(error, said())),
    /** The same for a text of the page. */
    untilText(text) {
      return this.until((text) => document.body.innerText.includes(text), text);
    },
    rendered: async (study) => rendered(stack, study),
    likeness: (url) => page.evaluate(likeness, [url, stack.token]),
    async stop() {
      await browser.close();
      ohif.close();
      await stack.stop();
    },
  };
}

function explained(error, said) {
  error.message += `\n${said.join('\n') || 'The page reports no error.'}`;
  throw error;
}

/** Keeps what goes wrong in a page; gives that, and what is not answered yet, of the time since it was asked for the last time. */
function watched(page) {
  let [faults, waiting] = [[], new Set()];
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => waiting.add(request));
  page.on('requestfinished', (request) => waiting.delete(request));
  page.on('requestfailed', (request) => {
    waiting.delete(request);
    faults.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on('response', (answer) => answer.status() >= 400 && faults.push(`${answer.status()} ${answer.url()}`));
  return () => {
    const said = [...faults, ...[...waiting].map((request) => `no answer: ${request.method()} ${request.url()}`)];
    [faults, waiting] = [[], new Set()];
    return said;
  };
}

/** What a search finds, once it finds something: studies follow their files. */
async function found(stack, path) {
  const headers = { accept: 'application/dicom+json', authorization: `Bearer ${stack.token}` };
  for (;;) {
    const answer = await fetch(`${stack.url}/dicom-web${path}`, { headers });
    if (answer.status === 200) return answer.json();
    assert.ok([204, 404].includes(answer.status), `${path}: ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The UID of a study, once it has all of its files: a row of the worklist follows them. */
async function studyOf(stack, query, many) {
  for (;;) {
    const [study] = await found(stack, `/studies?${query}`);
    if (study['00201208'].Value[0] === many) return study['0020000D'].Value[0];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Where our picture of the first instance of a study is. */
async function rendered(stack, study) {
  const [instance] = await found(stack, `/studies/${study}/instances?limit=1`);
  return `${instance['00081190'].Value[0]}/rendered`;
}

/** In the page: whether its canvas shows anything. */
export function isShown() {
  const canvas = document.querySelector('.cornerstone-canvas');
  if (!canvas?.width) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 < 3 && value > 30);
}

/** In the page: how alike OHIF's picture and ours at `url` are, as the correlation of 32 by 32 grey values. OHIF shows all of a picture in the middle of its canvas, as large as it fits. */
async function likeness([url, token]) {
  const SIDE = 32;
  const greys = (image, width, height) => {
    const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d');
    context.drawImage(image, (image.width - width) / 2, (image.height - height) / 2, width, height, 0, 0, SIDE, SIDE);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    const values = Array.from({ length: SIDE * SIDE }, (_, at) => data[4 * at] + data[4 * at + 1] + data[4 * at + 2]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}`, accept: 'image/jpeg' } });
  const ours = await createImageBitmap(await answer.blob());
  const theirs = document.querySelector('.cornerstone-canvas');
  const scale = Math.min(theirs.width / ours.width, theirs.height / ours.height);
  const [a, b] = [greys(theirs, ours.width * scale, ours.height * scale), greys(ours, ours.width, ours.height)];
  const product = (p, q) => p.reduce((sum, value, at) => sum + value * q[at], 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}
