import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RECIPES, runProgram, startStack } from './stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

function python(args, onLine) {
  const env = { API: stack.api, TOKEN: stack.token };
  return runProgram('python3', [join(RECIPES, 'upload.py'), ...args], { env, onLine });
}

function written(name, size) {
  const [path, bytes] = [join(stack.folder, name), randomBytes(size)];
  writeFileSync(path, bytes);
  return { path, bytes };
}

test('upload.py sends a small file by one PUT, and not again what is there', async () => {
  const { path, bytes } = written('胸部 CT.bin', 100_000);
  const first = await python(['put', path]);
  assert.equal(first.code, 0, first.stderr);
  const [, id, hash] = /(\d+) PROCESSED (\w+)/.exec(first.stdout);
  assert.equal(hash, md5(bytes));
  const again = await python(['put', path]);
  assert.match(again.stdout, new RegExp(`is there already\n.*${id} PROCESSED`));
});

test('upload.py goes on with a file in parts where it was killed, and gets it back', async () => {
  const { path, bytes } = written('large.bin', 36 * 2 ** 20);
  const killed = await python(['put', path], (line, child) => child.kill('SIGKILL'));
  assert.equal(killed.signal, 'SIGKILL');
  const { items } = await stack.call('GET', '/image-files/my-images?status=UPLOADING');
  const resumed = await python(['put', path]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.doesNotMatch(resumed.stdout, /part 1 of 3/, 'what was there was not sent again');
  assert.match(resumed.stdout, /part 3 of 3/);
  assert.match(resumed.stdout, new RegExp(`${items[0].id} PROCESSED ${md5(bytes)}`));
  const target = join(stack.folder, 'back.bin');
  const got = await python(['get', String(items[0].id), target]);
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(readFileSync(target), bytes);
});

test('upload.py says in words what was refused', async () => {
  const refused = await python(['get', '17', join(stack.folder, 'none')]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /404 There is nothing here that you can see/);
});
