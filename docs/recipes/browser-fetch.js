// Uploads a file from a page with fetch alone: one PUT up to 16 MiB, parts above, four at a time.
//
//   const filmroom = connect('https://…/api/v1', () => token)
//   const file = await filmroom.upload(input.files[0], { patient_id: 'P-0001' }, { onProgress: (share) => … })

const PARTS_AT_ONCE = 4;
const ATTEMPTS = 4;

/** What the API said when it refused: `code` for the program, `message` for the person, `errors` by field. */
export class Problem extends Error {
  constructor({ message, ...problem }) {
    super(message);
    Object.assign(this, problem);
  }
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The API at `api`, called with the token that `token()` gives. */
export function connect(api, token) {
  async function call(method, path, body, signal) {
    const headers = { accept: 'application/json', authorization: `Bearer ${token()}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(api + path, { method, headers, body: body && JSON.stringify(body), signal });
      const json = await answer.json();
      if (answer.ok) return json;
      if (![429, 503].includes(answer.status) || attempt === ATTEMPTS) throw new Problem(json);
      await pause(Number(answer.headers.get('retry-after') ?? attempt));
    }
  }

  /** PUTs to the bucket, with a new URL for every attempt. The URL is the permission: no token goes with it. */
  async function put(urlOf, body, headers, signal) {
    for (let attempt = 1; ; attempt += 1) {
      const sent = await fetch(await urlOf(), { method: 'PUT', body, headers, signal }).catch((error) => {
        if (signal?.aborted || attempt === ATTEMPTS) throw error;
      });
      if (sent?.ok) return;
      if (sent && sent.status < 500 && sent.status !== 403) throw new Error(`the bucket answered ${sent.status}`);
      if (attempt === ATTEMPTS) throw new Error('the bucket did not take the bytes');
      await pause(attempt);
    }
  }

  /** Sends what the bucket does not have of `blob` yet, and completes the upload; also after an interruption. */
  async function sendParts(blob, id, { signal, onProgress = () => {} } = {}) {
    const progress = await call('GET', `/uploads/${id}`, undefined, signal);
    const { total_chunks: total, part_size: size } = progress;
    const there = new Set(progress.uploaded_chunks);
    const missing = Array.from({ length: total }, (_, index) => index + 1).filter((number) => !there.has(number));
    const sendNext = async () => {
      for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
        const urlOf = async () => {
          const signed = await call('POST', `/uploads/${id}/parts`, { part_numbers: [number] }, signal);
          return signed.parts[0].url;
        };
        await put(urlOf, blob.slice((number - 1) * size, number * size), {}, signal);
        onProgress(there.add(number).size / total);
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendNext));
    return call('POST', `/uploads/${id}/complete`, {}, signal);
  }

  /** Uploads `file` with further `fields` of POST /uploads; gives the record as it is then. */
  async function upload(file, fields = {}, { signal, onProgress = () => {} } = {}) {
    const begun = await call('POST', '/uploads', { filename: file.name, size: file.size, ...fields }, signal);
    if (begun.duplicate) return begun.file;
    if (begun.upload.method === 'multipart') return sendParts(file, begun.file.id, { signal, onProgress });
    await put(async () => begun.upload.url, file, begun.upload.headers, signal);
    onProgress(1);
    return begun.file;
  }

  /** Resolves to the record once the bytes are hashed and recognised and the pictures made. */
  async function processed(id, signal) {
    for (;;) {
      const file = await call('GET', `/image-files/${id}`, undefined, signal);
      if (['PROCESSED', 'FAILED', 'ARCHIVED'].includes(file.status)) return file;
      await pause(0.3);
    }
  }

  /** The original bytes. For a download that the person sees, give `url` to a link: it carries the file's own name. */
  async function download(id) {
    const { url } = await call('GET', `/image-files/${id}/download`);
    return (await fetch(url)).blob();
  }

  return { call, upload, sendParts, processed, download };
}
