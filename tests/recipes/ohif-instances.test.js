import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from './stack.js';
import { startViewer } from './viewer.js';

/** How far a value of a colour may be from what it was before JPEG. */
const COLOUR = 6;
/** Of a segment over the grey of the disc. */
const RED = [190, 64, 64];

let viewer, page, expected;
before(async () => {
  viewer = await startViewer();
  page = viewer.page;
  const { folder } = viewer.stack;
  const { code, stderr } = await runProgram(process.env.RECIPES_PYTHON, [join(import.meta.dirname, 'ohif-instances.py'), folder]);
  assert.equal(code, 0, stderr);
  expected = JSON.parse(readFileSync(join(folder, 'expected.json')));
});
after(() => viewer?.stop());

/** Uploads the files of a study; gives what is known of it. */
async function given(name) {
  const { files, study } = expected[name];
  for (const file of files) {
    const record = await viewer.stack.upload(file, readFileSync(join(viewer.stack.folder, file)));
    assert.equal(record.status, 'PROCESSED', file);
  }
  await viewer.studyOf(`StudyInstanceUID=${study}`, files.length);
  return expected[name];
}

/** In the page: whether the middle of the canvas has had each of some colours since `step` began. */
function hadColours([step, colours, most]) {
  const canvas = document.querySelector('.cornerstone-canvas');
  const { data } = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1);
  const isShown = (colour) => colour.every((value, at) => Math.abs(value - data[at]) <= most);
  if (window.seen?.step !== step) window.seen = { step, colours: new Set() };
  const shown = colours.findIndex(isShown);
  return shown !== -1 && window.seen.colours.add(shown).size === colours.length;
}

/** In the page: where in the row through the middle of the canvas what is grey and bright begins and ends, and what is red. */
function spansOfRow() {
  const canvas = document.querySelector('.cornerstone-canvas');
  const { data } = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1);
  const columns = Array.from({ length: canvas.width }, (_, at) => at);
  const span = (holds) => {
    const held = columns.filter((at) => holds(data[4 * at], data[4 * at + 1]));
    return held.length === 0 ? null : { from: held[0], to: held.at(-1) + 1 };
  };
  return { bright: span((red) => red > 64), red: span((red, green) => red - green > 40) };
}

const widthOf = ({ from, to }) => to - from;

async function scroll(by = 100) {
  await page.locator('.cornerstone-canvas').hover();
  await page.mouse.wheel(0, by);
}

async function openSeries(description) {
  await page.getByText(description, { exact: true }).first().dblclick();
}

/** Draws a length across the disc, `diameter` millimetres; gives what OHIF says it is, once that is true to a hundredth: it follows the mouse. */
async function drawLength(diameter) {
  await page.locator('[data-cy="MeasurementTools-split-button-primary"]').click();
  const { bright } = await page.evaluate(spansOfRow);
  const canvas = await page.locator('.cornerstone-canvas').boundingBox();
  const y = canvas.y + canvas.height / 2;
  await page.mouse.move(canvas.x + bright.from, y);
  await page.mouse.down();
  await page.mouse.move(canvas.x + bright.to, y, { steps: 4 });
  await page.mouse.up();
  return (await viewer.until(shownLength, diameter)).jsonValue();
}

/** In the page: the text of a length in the picture, if it is within a hundredth of some millimetres. */
function shownLength(millimetres) {
  const texts = [...document.querySelectorAll('.svg-layer *')].map(({ textContent }) => textContent);
  return texts.find((text) => /^[0-9.]+ mm$/.test(text) && Math.abs(parseFloat(text) / millimetres - 1) < 0.01);
}

async function click(...labels) {
  for (const label of labels) await page.getByText(label, { exact: true }).first().click();
}

test('a clip in colour is scrolled and played, frame by frame', async () => {
  const { study, colours } = await given('clip');
  await viewer.open(study);
  for (const [at, colour] of colours.entries()) {
    await viewer.untilText(`(${at + 1}/${colours.length})`);
    await viewer.until(hadColours, [`frame ${at + 1}`, [colour], COLOUR]);
    await scroll();
  }
  await page.locator('[data-cy="cine-player-play-pause"]').click();
  await viewer.until(hadColours, ['played', colours, COLOUR]);
});

test('a mammogram in JPEG 2000 looks as ours', async () => {
  const { study } = await given('mammogram');
  const url = await viewer.rendered(study);
  await viewer.open(study);
  const alike = await viewer.likeness(url);
  assert.ok(alike > 0.98, `${alike}`);
});

test('a segmentation lies over its slices, and its segment has its name', async () => {
  const { study, label, slices, ratio } = await given('segmentation');
  await viewer.open(study);
  await openSeries('Segmentation');
  await click('Yes');
  for (let at = 1; at <= slices; at += 1) {
    await viewer.untilText(`(${at}/${slices})`);
    await viewer.until(hadColours, [`slice ${at}`, [RED], 30]);
    const { bright, red } = await page.evaluate(spansOfRow);
    assert.ok(Math.abs(widthOf(red) / widthOf(bright) - ratio) < 0.02, `slice ${at}: ${JSON.stringify({ red, bright })}`);
    assert.ok(Math.abs(red.from + red.to - bright.from - bright.to) < 8, `slice ${at}: ${JSON.stringify({ red, bright })}`);
    await scroll();
  }
  await page.locator('[data-cy="panelSegmentation-btn"]').click();
  await viewer.untilText(label);
});

test('a report is read', async () => {
  const { study, text } = await given('report');
  await viewer.open(study, () => document.body.innerText.includes('Findings'));
  await viewer.untilText(text);
});

test('a length of a report is drawn in its slice, and is as long as the report says', async () => {
  const { study, length } = await given('measured');
  await viewer.open(study);
  await openSeries('Measurements');
  await viewer.untilText('(5/5)');
  // OHIF draws the slice and the length in either order; a length that came second is seen when the slice is drawn again.
  await scroll(-100);
  await viewer.untilText('(4/5)');
  await scroll();
  await viewer.untilText('(5/5)');
  await viewer.untilText(`${length.toFixed(2)} mm`);
  await click('Yes');
  await viewer.untilText(`${length.toFixed(1)} mm`);
});

for (const [name, title] of [['pdf', 'a PDF by its URI'], ['short_pdf', 'a PDF that metadata has in it']]) {
  test(`${title} is shown byte for byte`, async () => {
    const { study, text } = await given(name);
    await viewer.open(study, () => document.querySelector('object[type="application/pdf"]')?.data);
    const shown = await page.evaluate(async () => {
      const { data } = document.querySelector('object[type="application/pdf"]');
      return (await fetch(data)).text();
    });
    assert.equal(shown.replace(/\0$/, ''), text);
  });
}

test('a length is measured in millimetres, stored as a report, and read again', async () => {
  const { study, diameter } = await given('ruler');
  await viewer.open(study);
  const shown = await drawLength(diameter);
  await click('Yes');
  await page.locator('[data-cy="trackedMeasurements-btn"]').click();
  await click('Create SR', 'Save');
  const [report] = await viewer.found(`/studies/${study}/series?Modality=SR`);
  await viewer.open(study);
  await openSeries(report['0008103E'].Value[0]);
  await click('Yes');
  await viewer.untilText(shown);
});
