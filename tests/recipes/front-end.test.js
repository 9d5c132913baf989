// The calls of the front-end that was there first, as it makes them: axios, ids that are numbers, its six routes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axios from 'axios';
import { launchBrowser, openPage, servePage } from './browser.js';
import { startStack } from './stack.js';

// A page of another origin, because only a browser has blobs and drops the token where it follows a redirect to another origin.
const PAGE = `
  import axios from 'axios';
  window.download = async (baseURL, token, id) => {
    const client = axios.create({ baseURL, headers: { Authorization: 'Bearer ' + token } });
    const { status, data } = await client.get('/image-files/' + id + '/download', { responseType: 'blob' });
    return { status, isBlob: data instanceof Blob, type: data.type, text: await data.text() };
  };
  window.ready = true;
`;
const BYTES = '%PDF-1.4 what the doctor wrote';

let stack, site, browser, page, api, study;
before(async () => {
  [site, browser] = await Promise.all([servePage(PAGE), launchBrowser()]);
  stack = await startStack({ origins: [site.origin] });
  page = await openPage(browser, site.url);
  api = axios.create({ baseURL: stack.api, headers: { Authorization: `Bearer ${stack.token}` } });
  await api.put('/patients/10', { name: '张三' });
  study = (await api.post('/studies', { patient_id: 10, study_date: '2026-01-05', modality: 'XC' })).data;
});
after(async () => {
  await browser.close();
  site.close();
  await stack.stop();
});

/** Uploads as the front-end does: numbers for ids, one PUT. */
async function upload(filename, fields = {}) {
  const { status, data } = await api.post('/uploads', { filename, size: BYTES.length, allow_duplicate: true, ...fields });
  assert.equal(status, 201);
  const { url, headers } = data.upload;
  assert.equal((await axios.put(url, BYTES, { headers })).status, 200);
  return stack.processed(data.file.id);
}

const ids = ({ items }) => items.map(({ id }) => id);

test('a file is uploaded, found, downloaded and deleted with ids that are numbers', async () => {
  const file = await upload('report.pdf', { patient_id: 10, study_id: study.id, modality: 'XC', description: '术后' });
  const other = await upload('other.pdf');
  const named = { patient_id: 10, study_id: study.id, uploaded_by: 1, series_id: null };
  for (const [name, value] of Object.entries(named)) assert.strictEqual(file[name], value, name);
  for (const name of ['id', 'patient_id', 'study_id', 'uploaded_by', 'file_size', 'version']) {
    assert.equal(typeof file[name], 'number', name);
  }

  const today = new Date().toISOString().slice(0, 10);
  const list = async (params) => (await api.get('/image-files/my-images', { params })).data;
  for (const [params, expected] of [
    [{}, [other.id, file.id]],
    [{ page: 1, page_size: 20 }, [other.id, file.id]],
    [{ page: 2, page_size: 1 }, [file.id]],
    [{ file_type: 'OTHER', file_status: 'PROCESSED' }, [other.id, file.id]],
    [{ file_status: 'FAILED' }, []],
    [{ modality: 'XC' }, [file.id]],
    [{ search: '术后' }, [file.id]],
    [{ search: 'OTHER.P', modality: '', file_type: '' }, [other.id]],
    [{ start_date: '2026-01-01', end_date: '2026-01-02' }, []],
    [{ start_date: today }, [other.id, file.id]],
    // axios leaves out what is undefined or null.
    [{ modality: undefined, search: null }, [other.id, file.id]],
  ]) {
    const found = await list(params);
    assert.deepEqual(ids(found), expected, JSON.stringify(params));
    assert.equal(found.page_size, params.page_size ?? 20);
  }

  const ofPatient = (await api.get(`/image-files/patient/${10}`, { params: { page: 1, page_size: 20 } })).data;
  assert.deepEqual([ofPatient.total, ids(ofPatient)], [1, [file.id]]);
  assert.strictEqual(ofPatient.items[0].patient_id, 10);
  assert.deepEqual((await api.get('/image-files/patient/11')).data.items, []);

  const shown = (await api.get(`/image-files/${file.id}`)).data;
  assert.deepEqual([shown.id, shown.patient_id, shown.study_id], [file.id, 10, study.id]);

  const got = await page.evaluate(([api, token, id]) => window.download(api, token, id), [stack.api, stack.token, file.id]);
  assert.deepEqual(got, { status: 200, isBlob: true, type: file.mime_type, text: BYTES });

  const before = (await api.get('/image-files/stats/summary')).data;
  assert.deepEqual([before.total_files, before.by_modality], [2, { XC: 1 }]);
  const deleted = await api.delete(`/image-files/${file.id}`);
  assert.deepEqual([deleted.status, deleted.data.file_id], [200, file.id]);
  assert.equal((await api.get('/image-files/stats/summary')).data.total_files, 1);
  assert.deepEqual(ids(await list({})), [other.id]);
  for (const call of [api.delete, api.get]) {
    const answer = await call(`/image-files/${file.id}`, { validateStatus: null });
    assert.deepEqual([answer.status, answer.data.code], [404, 'not_found']);
  }
});

test('an id that is none is refused by its name', async () => {
  for (const [field, value] of [
    ['patient_id', 0],
    ['patient_id', -1],
    ['patient_id', 10.5],
    ['patient_id', 11],
    ['study_id', String(study.id)],
    ['study_id', 7],
    ['series_id', 9],
  ]) {
    const body = { filename: 'a.pdf', size: 1, [field]: value };
    const { status, data } = await api.post('/uploads', body, { validateStatus: null });
    assert.deepEqual([status, data.errors?.map(({ field }) => field)], [422, [field]], JSON.stringify(body));
  }
});
