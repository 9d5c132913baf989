import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram, startStack } from './stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

test("dicomweb-client drives every service over pydicom's instances", async () => {
  const env = { URL: new URL('/dicom-web', stack.api).href, TOKEN: stack.token };
  const program = join(import.meta.dirname, 'dicomweb.py');
  const { code, stdout, stderr } = await runProgram(process.env.RECIPES_PYTHON, [program], { env });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /by dicomweb-client/);
});
