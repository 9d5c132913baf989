import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PROGRAM, RECIPES, runProgram, startStack } from './stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

test('walk.sh uploads the samples, finds, downloads and deletes', async () => {
  const samples = join(stack.folder, 'samples');
  assert.equal((await runProgram(PROGRAM, ['samples', samples])).code, 0);
  const walk = await runProgram(join(RECIPES, 'walk.sh'), [samples], {
    cwd: stack.folder,
    env: { API: stack.api, USER1: stack.token },
  });
  assert.equal(walk.code, 0, walk.stderr);
  assert.equal(walk.stdout.match(/^\d+ PROCESSED$/gm)?.length, 5, walk.stdout);
  assert.match(walk.stdout, /the same bytes/);
  assert.equal((await stack.call('GET', '/image-files/stats/summary')).total_files, 4);
});
