// States what the browser loads before the first paint and fails the build when it is more than it may be.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The budget of the first load: JavaScript, compressed as the server sends it. */
const FIRST_LOAD_JS_KB = 300;
/** Nothing of these may be reachable without a page that needs it. */
const LAZY_ONLY = [
  'src/viewer/DicomViewer.tsx',
  'src/studies/StudyPage.tsx',
  'src/elements/ElementsPage.tsx',
  'src/elements/PdfPages.tsx',
  'src/statistics/StatisticsPage.tsx',
  'src/session/oidc.ts',
];

const dist = new URL('../dist/', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

function staticImports(key, seen = new Set()) {
  if (!seen.has(key)) {
    seen.add(key);
    for (const next of manifest[key].imports ?? []) staticImports(next, seen);
  }
  return seen;
}

const kilobytes = (files) =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0) / 1024;

const first = [...staticImports('index.html')];
const script = kilobytes(first.map((key) => manifest[key].file));
const style = kilobytes([...new Set(first.flatMap((key) => manifest[key].css ?? []))]);
console.log(
  `first load: ${script.toFixed(1)} KB JavaScript (limit ${FIRST_LOAD_JS_KB}), ${style.toFixed(1)} KB CSS, gzip`,
);
for (const key of LAZY_ONLY) {
  const own = [...staticImports(key)].filter((file) => !first.includes(file));
  console.log(`  ${key}: ${kilobytes(own.map((file) => manifest[file].file)).toFixed(1)} KB more`);
}

const leaked = LAZY_ONLY.filter((key) => first.includes(key));
if (leaked.length > 0) throw new Error(`loaded at once, but should be lazy: ${leaked.join(', ')}`);
if (script > FIRST_LOAD_JS_KB) throw new Error(`the first load is over its budget of ${FIRST_LOAD_JS_KB} KB`);
