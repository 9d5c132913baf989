import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as alike from './alike.js';
import { IN_FRAMES, IN_METADATA, IN_SEARCHES, REFUSED } from './orthanc-differences.js';
import { startOrthanc } from './orthanc.js';
import { phantoms } from './phantoms.js';
import { RECIPES, runProgram, startStack } from './stack.js';

const SLICES = 5;
/** A series of slices. */
const CT = '1.2.826.0.1.3680043.10.7.1';
/** A study of which one instance is larger than an answer and than a request may be here, and of the others two are as large as a request. */
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
  for (const [number, size] of [5_000_000, 2_000_000, 2_000_000, 2_000_000].entries()) {
    files.push([`large${number}`, padded(phantom({ number, study: LARGE, date: '20260106', patientId: 'P-0002' }), size)]);
  }
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

/** A file with Data Set Trailing Padding behind it (PS3.10, section 7.2). */
function padded(file, size) {
  const head = Buffer.from([0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(size, 8);
  return Buffer.concat([file, head, Buffer.alloc(size)]);
}

/** The names of the instances that are not of the large study. */
const few = () => [...paths.keys()].filter((name) => studyOf(name) !== LARGE);
const studyOf = (name) => paths.get(name).split('/')[2];

/** Waits until a server shows `many` files; studies follow their files. */
async function there(server, many = bytes.size) {
  for (;;) {
    const answer = await alike.ask(server, '/instances', { headers: JSON_HEADERS });
    const studies = await alike.ask(server, '/studies', { headers: JSON_HEADERS });
    const counted = alike.sets(server, studies).reduce((sum, set) => sum + alike.value(set, '00201208'), 0);
    if (alike.sets(server, answer).length === many && counted === many) return;
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
  const pull = (one) => orthanc.call('/dicom-web/servers/filmroom/retrieve', { Resources: [one] });
  const jobs = await Promise.all([...studies].map((Study) => pull({ Study })));
  assert.equal(jobs.reduce((sum, job) => sum + Number(job.ReceivedInstancesCount), 0), few().length);
  for (const [id, uid] of await instances()) assert.ok((await orthanc.bytes(id)).equals(bytes.get(uid)), uid);
  const one = { Study: studyOf('ct1'), Series: `${CT}.1`, Instance: paths.get('ct1').split('/')[6] };
  assert.equal((await pull(one)).ReceivedInstancesCount, '1');
  assert.equal((await instances()).length, few().length);
});

// The bucket refuses whoever brings a token beside a signature, so this shows as well that Orthanc leaves it out.
test('Orthanc goes to the bucket for what is larger than an answer', async () => {
  const headers = { ...ours.headers, accept: EVERYTHING };
  const answer = await fetch(`${ours.base}/studies/${LARGE}`, { headers, redirect: 'manual' });
  assert.equal(answer.status, 307);
  const withToken = await fetch(answer.headers.get('location'), { headers: ours.headers });
  assert.equal(withToken.status, 400);
  const job = await orthanc.call('/dicom-web/servers/filmroom/retrieve', { Resources: [{ Study: LARGE }] });
  assert.equal(job.ReceivedInstancesCount, '4');
  const known = await instances();
  assert.deepEqual(new Set(known.map(([, uid]) => uid)), new Set(bytes.keys()));
  for (const [id, uid] of known) assert.ok((await orthanc.bytes(id)).equals(bytes.get(uid)), uid);
});

test('Orthanc asks for its users', async () => {
  const found = await orthanc.call('/dicom-web/servers/filmroom/qido', { Uri: '/studies', Arguments: { PatientName: 'Zhang*', StudyDate: '20260105' } });
  assert.deepEqual(found.map((set) => set['0020000D'].Value), [CT]);
  const Uri = `${paths.get('ct1')}/metadata`;
  const [said] = await orthanc.call('/dicom-web/servers/filmroom/get', { Uri, HttpHeaders: { Accept: 'application/dicom+json' } });
  assert.equal(alike.value(said, '00100010').Ideographic, '张^三');
});

/** Searches: at every level, with conditions of every kind, with fields and pages, and wrong ones. */
const SEARCHES = [
  '/studies',
  '/series',
  '/instances',
  `/studies/${CT}/series`,
  `/studies/${CT}/instances`,
  `/studies/${CT}/series/${CT}.1/instances`,
  ...['Zhang*', 'Zhang^San', 'zhang^san', '张*', '*'].map((name) => `/studies?PatientName=${encodeURIComponent(name)}`),
  ...['P-0001', 'p-0001', 'P-000%3F', '*', '', 'nobody'].map((id) => `/studies?PatientID=${id}`),
  ...['20260105', '20260105-20260131', '20260107-', '-20031231', '2026-01-05'].map((date) => `/studies?StudyDate=${date}`),
  ...['1400-1500', '143022', '132645', '132645.921000'].map((time) => `/studies?StudyTime=${time}`),
  ...['A-2026-0001', 'A-2026*', 'a-2026*'].map((number) => `/studies?AccessionNumber=${number}`),
  ...['ModalitiesInStudy=CT', 'ModalitiesInStudy=CT,MR', 'ModalitiesInStudy=CT%5CMR', 'Modality=CT', 'StudyDescription=*CHEST*'].map((one) => `/studies?${one}`),
  ...['StudyID=*', 'ReferringPhysicianName=*', 'PatientBirthDate=19000101-', 'PatientSex=M', 'StudyDate=20260105&PatientID=P-0001'].map((one) => `/studies?${one}`),
  ...[`0020000D=${CT}`, `StudyInstanceUID=${CT},1.2.3`, `StudyInstanceUID=${CT}%5C1.2.3`, 'StudyInstanceUID=1.x'].map((one) => `/studies?${one}`),
  ...['Modality=MR', `SeriesInstanceUID=${CT}.1`, 'SeriesNumber=1', 'BodyPartExamined=CHEST', 'SeriesDescription=Lung*', 'PatientID=P-0001'].map((one) => `/series?${one}`),
  ...['SOPClassUID=1.2.840.10008.5.1.4.1.1.4', 'InstanceNumber=3', 'InstanceNumber=03', 'Rows=200', 'Modality=MR'].map((one) => `/instances?${one}`),
  `/studies/${CT}/series?Modality=CT`,
  `/studies/${CT}/series?Modality=MR`,
  '/studies?RequestAttributesSequence.ScheduledProcedureStepID=none',
  ...['/studies', '/series', '/instances'].map((level) => `${level}?includefield=all`),
  '/studies?includefield=StudyDescription,PatientBirthDate',
  '/studies?includefield=00081030&includefield=InstitutionName',
  '/instances?includefield=Rows,WindowCenter',
  `/studies/${CT}/series?includefield=PatientName`,
  ...['limit=2', 'limit=2&offset=1', 'offset=100', 'limit=0', 'limit=x', 'offset=-1'].map((page) => `/studies?${page}`),
  ...['NoSuchAttribute=1', 'emptyvaluematching=true', 'fuzzymatching=true&PatientName=Zhang*', 'fuzzymatching=maybe'].map((one) => `/studies?${one}`),
  ...['/studies/1.2.3.4/series', '/studies/1.2.3.4/instances', `/studies/${CT}/series/1.2.3.4/instances`, '/studies/1.x/series'],
];

test('both find the same, but for what is listed here', async () => {
  const found = [];
  for (const path of SEARCHES) {
    const request = path.replaceAll(CT, '{ct}');
    for (const differs of await alike.search(ours, theirs, path)) found.push({ request, differs });
  }
  assert.deepEqual(alike.unexpected(found, IN_SEARCHES), []);
});

test('both say the same of each instance, but for what is listed here', async () => {
  const found = [];
  for (const study of new Set([...paths.keys()].map(studyOf))) {
    const [mine, others] = await Promise.all([ours, theirs].map(async (server) => {
      const answer = await alike.ask(server, `/studies/${study}/metadata`, { headers: JSON_HEADERS });
      return new Map(alike.sets(server, answer).map((set) => [alike.name(set), set]));
    }));
    assert.deepEqual([...mine.keys()].sort(), [...others.keys()].sort());
    for (const [name, set] of mine) {
      const differences = [...alike.attributes(set, others.get(name)), ...(await longValues(set, others.get(name)))];
      for (const differs of differences) found.push({ request: nameOf(name), differs });
    }
  }
  for (const path of [`/studies/${CT}/series/${CT}.1`, paths.get('ct1')]) {
    const answers = await Promise.all([ours, theirs].map((server) => alike.ask(server, `${path}/metadata`, { headers: JSON_HEADERS })));
    const counts = [alike.sets(ours, answers[0]).length, alike.sets(theirs, answers[1]).length];
    assert.equal(counts[0], counts[1], path);
  }
  assert.deepEqual(alike.unexpected(found, IN_METADATA), []);
});

/** How the long values of two data sets differ, but for pixels: of those there are frames. */
async function longValues(mine, others) {
  const differences = [];
  for (const [tag, element] of Object.entries(mine)) {
    const other = others[tag];
    if (!other || tag === '7FE00010') continue;
    if (element.vr === 'SQ') {
      const [items, same] = [element.Value ?? [], other.Value ?? []];
      for (const [index, item] of items.entries()) differences.push(...(await longValues(item, same[index] ?? {})));
    } else if (alike.isLong(element) || alike.isLong(other)) {
      const [one, two] = [await alike.long(ours, element), await alike.long(theirs, other)];
      if (!one || !two?.equals(one)) differences.push(`${tag} has ${one?.length ?? 'no'} bytes, theirs ${two?.length ?? 'no'}`);
    }
  }
  return differences;
}

/** What an instance is called here. */
const nameOf = (uids) => [...paths].find(([, path]) => path.endsWith(uids.split(' ').at(-1)))[0];

test('both answer the same frames, and refuse the same, but for what is listed here', async () => {
  const found = [];
  for (const [name, path] of paths) {
    if (/^(ct[2-5]|large\d)$/.test(name)) continue;
    const last = { rle: 2, dose: 15 }[name] ?? 1;
    for (const [said, list] of [['1', '1'], ['last', last], ['1,last', `1,${last}`], ['0', '0'], ['last + 1', last + 1], ['x', 'x']]) {
      for (const accept of [FRAMES, `${FRAMES}; transfer-syntax=*`]) {
        const request = `${name}/frames/${said}${accept === FRAMES ? '' : ' in any syntax'}`;
        const [one, other] = await Promise.all([ours, theirs].map((server) => alike.ask(server, `${path}/frames/${list}`, { headers: { accept } })));
        if (one.status !== other.status) found.push({ request, differs: `status ${one.status}, theirs ${other.status}` });
        else if (one.status === 200) {
          const [mine, others] = [alike.parts(one), alike.parts(other)];
          if (!Buffer.concat(mine).equals(Buffer.concat(others)) || mine.length !== others.length) found.push({ request, differs: 'other bytes' });
        }
      }
    }
    for (const [said, rest] of [['', ''], ['/frames/1', '/frames/1'], ['/frames/last', `/frames/${last}`], ['/frames/last + 1', `/frames/${last + 1}`], ['/frames/0', '/frames/0']]) {
      const [one, other] = await Promise.all([ours, theirs].map((server) => alike.ask(server, `${path}${rest}/rendered`, { headers: { accept: 'image/jpeg' } })));
      if (one.status !== other.status) found.push({ request: `${name}${said}/rendered`, differs: `status ${one.status}, theirs ${other.status}` });
    }
  }
  assert.deepEqual(alike.unexpected(found, IN_FRAMES), []);
});

/** A request to store `body`, which is said to be of the type `type`. */
const store = (type, body) => ({ method: 'POST', headers: { 'content-type': type }, body });
const PARTS = 'multipart/related; type="application/dicom"; boundary=b';

/** Requests for what is not there, is not written well, or is not taken: a path, how it is asked for, and what is sent. */
const REFUSALS = [
  ...['/studies/1.2.3.4', '/studies/1.2.3.4/metadata', `/studies/${CT}/series/1.2.3.4`, `/studies/${CT}/series/${CT}.1/instances/1.2.3.4`].map((path) => [path]),
  ...['/studies/1.x', '/studies/1.x/metadata', `/studies/${'1.'.repeat(40)}1/metadata`, '/nothing'].map((path) => [path]),
  ['{ct1}/frames/1/thumbnail'],
  ['{ct1}/thumbnail'],
  ['{ct1}/bulkdata/nothing'],
  ['/studies', 'text/html'],
  ['/studies', 'application/dicom+xml'],
  ['/studies', 'multipart/related; type="application/dicom+xml"'],
  ['/studies', 'application/json'],
  ['/studies', '*/*'],
  ['{ct1}/metadata', 'multipart/related; type="application/dicom+xml"'],
  ['{ct1}', 'application/dicom'],
  ['{ct1}', '*/*'],
  ['{ct1}', 'image/jpeg'],
  ['{ct1}', `${EVERYTHING.replace('*', '1.2.840.10008.1.2.4.70')}`],
  ['{jpeg2000}', 'multipart/related; type="application/dicom"'],
  ['{jpeg}', 'multipart/related; type="application/dicom"'],
  ['{ct1}/rendered', 'image/png'],
  ['{ct1}/rendered', 'image/gif'],
  ['{ct1}/rendered?viewport=100,100', 'image/jpeg'],
  ['{ct1}/rendered?window=40,400,linear', 'image/jpeg'],
  ['{ct1}/rendered?quality=50', 'image/jpeg'],
  ['/studies', 'application/dicom+json', store('text/plain', 'x')],
  ['/studies', 'application/dicom+json', store('application/dicom', 'x')],
  ['/studies', 'application/dicom+json', store('multipart/related; type="application/dicom"', 'x')],
  ['/studies', 'application/dicom+json', store(PARTS, 'no part')],
  ['/studies', 'application/dicom+json', store(PARTS, '--b\r\nContent-Type: application/dicom\r\n\r\nno file\r\n--b--')],
];

/** The transfer syntax of the first instance of an answer (PS3.10, section 7.1); none, if it has no instance. */
function syntax(answer) {
  const [file] = alike.parts(answer);
  if (file.toString('latin1', 128, 132) !== 'DICM') return undefined;
  const at = file.indexOf(Buffer.from([0x02, 0x00, 0x10, 0x00, 0x55, 0x49]));
  return file.toString('latin1', at + 8, at + 8 + file.readUInt16LE(at + 6)).replace(/\0$/, '');
}

test('both refuse the same, but for what is listed here', async () => {
  const found = [];
  for (const [path, accept, sent] of REFUSALS) {
    const filled = path.replace(/\{(\w+)\}/, (_, name) => paths.get(name));
    const [one, other] = await Promise.all([ours, theirs].map((server) => alike.ask(server, filled, { ...sent, headers: { ...sent?.headers, ...(accept && { accept }) } })));
    const request = `${path.replaceAll(CT, '{ct}')}${accept ? ` as ${accept}` : ''}${sent ? ` stores ${sent.headers['content-type']}: ${JSON.stringify(sent.body)}` : ''}`;
    if (one.status !== other.status) found.push({ request, differs: `status ${one.status}, theirs ${other.status}` });
    else if (one.status === 200 && one.type.split(';')[0] !== other.type.split(';')[0]) found.push({ request, differs: `as ${one.type}, theirs ${other.type}` });
    else if (one.status === 200 && syntax(one) !== syntax(other)) found.push({ request, differs: `transfer syntax ${syntax(one)}, theirs ${syntax(other)}` });
  }
  assert.deepEqual(alike.unexpected(found, REFUSED), []);
});

/** How many files somebody has. */
async function files({ headers }) {
  const answer = await fetch(`${stack.api}/image-files?page_size=1`, { headers: { ...headers, accept: 'application/json' } });
  return (await answer.json()).total;
}

/** Has Orthanc send what it has, but for what is too large. */
async function push(name) {
  const studies = await orthanc.call('/studies?expand');
  const Resources = studies.filter(({ MainDicomTags }) => MainDicomTags.StudyInstanceUID !== LARGE).map(({ ID }) => ID);
  return orthanc.call(`/dicom-web/servers/${name}/stow`, { Resources });
}

/** Holds every file that somebody has against what was sent. */
async function same(server, names) {
  for (const name of names) {
    const answer = await alike.ask(server, paths.get(name), { headers: { accept: 'application/dicom; transfer-syntax=*' } });
    assert.equal(answer.status, 200, name);
    assert.ok(answer.bytes.equals(bytes.get(paths.get(name).split('/')[6])), name);
  }
}

test('Orthanc pushes studies, byte for byte, and what is there already is no second file', async () => {
  await orthanc.know('second', { Url: `${second.base}/`, HttpHeaders: { Authorization: second.headers.authorization } });
  const many = few().length;
  assert.equal((await push('second')).InstancesCount, String(many));
  await there(second, many);
  await same(second, few());
  for (const [name, server, all] of [['second', second, many], ['filmroom', ours, bytes.size]]) {
    assert.equal((await push(name)).InstancesCount, String(many));
    assert.equal(await files(server), all);
  }
});

test('what Orthanc may not send in one request goes by orthanc-push.py', async () => {
  const [{ ID }] = (await orthanc.call('/studies?expand')).filter(({ MainDicomTags }) => MainDicomTags.StudyInstanceUID === LARGE);
  await assert.rejects(orthanc.call('/dicom-web/servers/second/stow', { Resources: [ID] }), /: 500 /);
  const env = { ORTHANC: orthanc.url, SERVER: 'second', API: stack.api, TOKEN: stack.users[1].token };
  for (const study of [LARGE, LARGE, CT]) {
    const { code, stdout, stderr } = await runProgram('python3', [join(RECIPES, 'orthanc-push.py'), study], { env });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, study === CT ? /^instances sent: 5\n$/ : /^instances sent: 2\ninstances sent: 1\n(.*\n)*.*PROCESSED/);
  }
  await there(second);
  await same(second, [...paths.keys()]);
  assert.equal(await files(second), bytes.size);
});
