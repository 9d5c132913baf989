import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as alike from './alike.js';
import { startOrthanc } from './orthanc.js';
import { phantoms } from './phantoms.js';
import { runProgram, startStack } from './stack.js';

const SLICES = 5;
/** A series of slices. */
const CT = '1.2.826.0.1.3680043.10.7.1';
/** An instance that is larger than an answer and than a request may be here. */
const LARGE = '1.2.826.0.1.3680043.10.7.2';
/** Files of pydicom by what they are: compressed and not, in colour, of several frames, with long values, and without pixels. */
const FILES = {
  jpeg2000: 'MR_small_jp2klossless.dcm',
  jpeg: 'SC_rgb_jpeg_dcmtk.dcm',
  rle: 'SC_rgb_rle_2frame.dcm',
  colour: 'examples_rgb_color.dcm',
  dose: 'rtdose.dcm',
  palette: 'examples_palette.dcm',
  overlay: 'examples_overlay.dcm',
  ecg: 'waveform_ecg.dcm',
  report: 'test-SR.dcm',
};
const FOLDER = 'import pathlib, pydicom; print(pathlib.Path(pydicom.__file__).parent / "data/test_files")';
const EVERYTHING = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const FRAMES = 'multipart/related; type="application/octet-stream"';
const JSON_HEADERS = { accept: 'application/dicom+json' };

let stack, orthanc, ours, theirs, second;
/** The files by their SOP Instance UID, and the path of each below that by its name. */
const [bytes, paths] = [new Map(), new Map()];

before(async () => {
  stack = await startStack();
  orthanc = await startOrthanc(`${stack.url}/dicom-web`, stack.token);
  ours = server(stack.token);
  second = server(stack.users[1].token);
  theirs = alike.server(orthanc.dicomWeb, {}, [orthanc.dicomWeb.replace('127.0.0.1', 'localhost')]);
  const { stdout } = await runProgram(process.env.RECIPES_PYTHON, ['-c', FOLDER]);
  const phantom = await phantoms();
  const files = Object.entries(FILES).map(([name, file]) => [name, readFileSync(join(stdout.trim(), file))]);
  for (let number = 1; number <= SLICES; number += 1) files.push([`ct${number}`, phantom({ number, hu: number * 100 })]);
  files.push(['large', phantom({ study: LARGE, size: 1600, date: '20260106', patientId: 'P-0002' })]);
  const records = await Promise.all(files.map(([name, content]) => stack.upload(`${name}.dcm`, content)));
  records.forEach(({ dicom }, index) => {
    const [name, content] = files[index];
    bytes.set(dicom.sop_instance_uid, content);
    paths.set(name, `/studies/${dicom.study_instance_uid}/series/${dicom.series_instance_uid}/instances/${dicom.sop_instance_uid}`);
  });
  await there(ours);
});
after(async () => {
  await orthanc?.stop();
  await stack?.stop();
});

const server = (token) => alike.server(`${stack.url}/dicom-web`, { authorization: `Bearer ${token}` });
const studyOf = (name) => paths.get(name).split('/')[2];

/** Waits until a server shows every file; studies follow their files. */
async function there(server) {
  for (;;) {
    const answer = await alike.ask(server, '/instances', { headers: JSON_HEADERS });
    const studies = await alike.ask(server, '/studies', { headers: JSON_HEADERS });
    const counted = alike.sets(server, studies).reduce((sum, set) => sum + alike.value(set, '00201208'), 0);
    if (alike.sets(server, answer).length === bytes.size && counted === bytes.size) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The instances that Orthanc has: its own id and the SOP Instance UID of each. */
async function instances() {
  const found = await orthanc.call('/instances?expand');
  return found.map(({ ID, MainDicomTags }) => [ID, MainDicomTags.SOPInstanceUID]);
}

test('Orthanc pulls studies, and has each file byte for byte', async () => {
  const studies = new Set([...paths.keys()].map(studyOf));
  studies.delete(LARGE);
  const resources = [...studies].map((Study) => ({ Study }));
  const job = await orthanc.call('/dicom-web/servers/filmroom/retrieve', { Resources: resources });
  assert.equal(job.ReceivedInstancesCount, String(bytes.size - 1));
  for (const [id, uid] of await instances()) assert.ok((await orthanc.bytes(id)).equals(bytes.get(uid)), uid);
  const one = { Study: studyOf('ct1'), Series: `${CT}.1`, Instance: paths.get('ct1').split('/')[6] };
  const again = await orthanc.call('/dicom-web/servers/filmroom/retrieve', { Resources: [one] });
  assert.equal(again.ReceivedInstancesCount, '1');
  assert.equal((await instances()).length, bytes.size - 1);
});

// The bucket refuses whoever brings a token beside a signature, so this shows as well that Orthanc leaves it out.
test('Orthanc goes to the bucket for what is larger than an answer', async () => {
  const headers = { ...ours.headers, accept: EVERYTHING };
  const answer = await fetch(`${ours.base}/studies/${LARGE}`, { headers, redirect: 'manual' });
  assert.equal(answer.status, 307);
  const withToken = await fetch(answer.headers.get('location'), { headers: ours.headers });
  assert.equal(withToken.status, 400);
  const job = await orthanc.call('/dicom-web/servers/filmroom/retrieve', { Resources: [{ Study: LARGE }] });
  assert.equal(job.ReceivedInstancesCount, '1');
  const known = await instances();
  assert.deepEqual(new Set(known.map(([, uid]) => uid)), new Set(bytes.keys()));
  const [id, uid] = known.find(([, uid]) => paths.get('large').endsWith(uid));
  assert.ok((await orthanc.bytes(id)).equals(bytes.get(uid)));
});

test('Orthanc asks for its users', async () => {
  const found = await orthanc.call('/dicom-web/servers/filmroom/qido', { Uri: '/studies', Arguments: { PatientName: 'Zhang*', StudyDate: '20260105' } });
  assert.deepEqual(found.map((set) => set['0020000D'].Value), [CT]);
  const Uri = `${paths.get('ct1')}/metadata`;
  const [said] = await orthanc.call('/dicom-web/servers/filmroom/get', { Uri, HttpHeaders: { Accept: 'application/dicom+json' } });
  assert.equal(alike.value(said, '00100010').Ideographic, '张^三');
});
