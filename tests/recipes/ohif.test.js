import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { phantoms } from './phantoms.js';
import { runProgram } from './stack.js';
import { startViewer } from './viewer.js';

const SLICES = 5;
/** Of OHIF's picture and ours: both scale and smooth in their own way. */
const ALIKE = 0.9;
/** Grey and in colour, as it is and compressed; each of another study. */
const FILES = ['CT_small.dcm', 'MR_small_jp2klossless.dcm', 'examples_rgb_color.dcm', 'SC_rgb_jpeg_dcmtk.dcm'];
const FOLDER = 'import pathlib, pydicom; print(pathlib.Path(pydicom.__file__).parent / "data/test_files")';

let viewer, files, ct;
before(async () => {
  viewer = await startViewer();
  const { stdout } = await runProgram(process.env.RECIPES_PYTHON, ['-c', FOLDER]);
  files = stdout.trim();
  const phantom = await phantoms();
  for (let number = 1; number <= SLICES; number += 1) await viewer.stack.upload(`${number}.dcm`, phantom({ number, hu: number * 100 }));
  ct = await viewer.studyOf('PatientID=P-0001', SLICES);
});
after(() => viewer?.stop());

/** Lets a page have its style sheets only when all the scripts that it asked for have come. */
async function holdStyleSheets(page) {
  const [scripts, held] = [new Set(), []];
  const isScript = (request) => request.resourceType() === 'script';
  page.on('request', (request) => isScript(request) && scripts.add(request));
  page.on('requestfinished', (request) => {
    scripts.delete(request);
    if (scripts.size === 0) for (const route of held.splice(0)) route.continue();
  });
  await page.route('**/*.css', (route) => (scripts.size === 0 ? route.continue() : held.push(route)));
}

/** Another tab, which has no token yet. */
const newTab = () => viewer.page.context().newPage();

test('its worklist shows the studies of the token in its address, and its address keeps none', async () => {
  const { stack, ohif } = viewer;
  const page = await newTab();
  await page.goto(`${ohif.origin}/#token=${stack.token}`);
  await page.getByText('P-0001').first().waitFor();
  assert.equal(await page.evaluate(() => location.href), `${ohif.origin}/`);
  // Another token in the same tab loads nothing by itself: only what stands behind # changes.
  await page.goto(`${ohif.origin}/#token=${stack.users[1].token}`);
  await page.getByText('No studies available').first().waitFor();
  assert.equal(await page.evaluate(() => location.href), `${ohif.origin}/`);
  await page.close();
});

test('its worklist is shown if the style sheets come last', async () => {
  const page = await newTab();
  await holdStyleSheets(page);
  await page.goto(`${viewer.ohif.origin}/#token=${viewer.stack.token}`);
  await page.getByText('P-0001').first().waitFor();
  await page.close();
});

test('our page opens a study in it', async () => {
  const page = await newTab();
  await page.goto(`${viewer.stack.url}/studies`);
  await page.getByRole('button', { name: '王医生' }).click();
  await page.getByText('P-0001').first().click();
  await page.getByRole('button', { name: '更多操作' }).click();
  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('menuitem', { name: '在 OHIF 中打开' }).click()]);
  await tab.waitForFunction((slices) => document.body.innerText.includes(`/${slices})`), SLICES);
  assert.ok(!(await tab.evaluate(() => location.href)).includes('token'));
  await tab.close();
  await page.close();
});

test('a series of CT is opened and scrolled, slice by slice', async () => {
  await viewer.open(ct);
  for (let number = 1; number <= SLICES; number += 1) {
    await viewer.untilText(`(${number}/${SLICES})`);
    await viewer.page.locator('.cornerstone-canvas').hover();
    await viewer.page.mouse.wheel(0, 100);
  }
});

for (const name of FILES) {
  test(`${name} looks as ours`, async () => {
    const record = await viewer.stack.upload(name, readFileSync(join(files, name)));
    assert.equal(record.status, 'PROCESSED', name);
    const study = record.dicom.study_instance_uid;
    const url = await viewer.rendered(study);
    await viewer.open(study);
    const alike = await viewer.likeness(url);
    assert.ok(alike > ALIKE, `${alike}`);
  });
}
