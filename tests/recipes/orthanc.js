// Orthanc with its plugin for DICOMweb, as Debian has them, with docs/recipes/orthanc.json for a configuration.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECIPES } from './stack.js';

/** What the recipe has for the address of an installation. */
const EXAMPLE = 'https://api.example.org/dicom-web/';

/** Orthanc over a folder that is removed when it stops; its server `filmroom` is `dicomWeb`, as whom `token` belongs to. */
export async function startOrthanc(dicomWeb, token) {
  const folder = mkdtempSync(join(tmpdir(), 'filmroom-orthanc-'));
  const port = await freePort();
  const recipe = JSON.parse(readFileSync(join(RECIPES, 'orthanc.json'), 'utf8').replace(EXAMPLE, `${dicomWeb}/`));
  const own = { StorageDirectory: folder, IndexDirectory: folder, HttpPort: port, RemoteAccessAllowed: false, DicomServerEnabled: false };
  // A job looks twice a second whether it is done, and only two run at once by default. A connection that is kept is closed after a second without a
  // request, which may be the moment of the next one.
  const running = { SyncStorageArea: false, ConcurrentJobs: 16, KeepAlive: false };
  const configuration = join(folder, 'orthanc.json');
  writeFileSync(configuration, JSON.stringify({ ...recipe, ...own, ...running }));
  // Debian has it where only the path of administrators leads.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, FILMROOM_TOKEN: token };
  const child = spawn('Orthanc', [configuration], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  await started(child, url);
  return {
    url,
    dicomWeb: `${url}/dicom-web`,
    /** Calls its own API; fails on anything but success. */
    async call(path, body) {
      const answer = await fetch(`${url}${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    /** Makes another remote server known to it. */
    async know(name, server) {
      await fetch(`${url}/dicom-web/servers/${name}`, { method: 'PUT', body: JSON.stringify(server) });
    },
    async bytes(id) {
      return Buffer.from(await (await fetch(`${url}/instances/${id}/file`)).arrayBuffer());
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago: Orthanc takes none that the system chooses. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until it answers. */
async function started(child, url) {
  let [said, failure] = ['', null];
  child.stderr.on('data', (chunk) => (said += chunk));
  child.once('error', (error) => (failure = error));
  child.once('exit', (code) => (failure ??= new Error(`Orthanc ended with ${code}: ${said}`)));
  for (;;) {
    if (failure) throw failure;
    const answer = await fetch(`${url}/system`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
