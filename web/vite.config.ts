import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import csp from './csp.json' with { type: 'json' };

/** Where `make run` serves the API; only `npm run dev` looks at it. */
const stack = process.env['FILMROOM_URL'] ?? 'http://127.0.0.1:8080';

/** Directives that depend on no installation are also in the page itself: no server can forget or loosen them. */
const POLICY = Object.entries(csp.directives)
  .filter(([name, sources]) => name !== 'frame-ancestors' && !sources.includes('{') && name !== 'default-src')
  .map(([name, sources]) => `${name} ${sources}`)
  .join('; ');

const policyInPage: Plugin = {
  name: 'policy-in-page',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

/** A `style` attribute would need a looser policy; the same by the object of styles does not (tools 5.14, drawTextBox). */
const styleByObject: Plugin = {
  name: 'style-by-object',
  transform: {
    filter: { id: /drawingSvg\/drawTextBox\.js/ },
    handler(code) {
      const attribute = "textElement.setAttribute('style', combinedStyle)";
      if (!code.includes(attribute))
        throw new Error('drawTextBox.js is another one: does it write a style attribute?');
      return { code: code.replace(attribute, 'textElement.style.cssText = combinedStyle'), map: null };
    },
  },
};

/** Vite puts a function of its own around each `import()`, to preload the files of the module; ours also survives a file that does not come. */
const arriveFirst: Plugin = {
  name: 'arrive-first',
  apply: 'build',
  transform: {
    filter: { id: /\0vite\/preload-helper\.js$/ },
    handler(code) {
      if (!code.includes('export const __vitePreload'))
        throw new Error(
          'Vite preloads in another way: do our pages still survive a file that does not come?',
        );
      const ours = new URL('./src/shell/arrive.ts', import.meta.url).pathname;
      // Vite names files from its base, "/", without it.
      return {
        code: `import { arrive } from ${JSON.stringify(ours)};
          export const __vitePreload = (run, files = []) => arrive(run, files.map((file) => '/' + file));`,
        map: null,
      };
    },
  },
};

export default defineConfig({
  plugins: [react(), policyInPage, styleByObject, arriveFirst],
  resolve: { alias: { xmlbuilder2: new URL('./src/viewer/noVtkXml.ts', import.meta.url).pathname } },
  build: {
    target: 'es2022',
    // An inlined data: URL would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    // The manifest is what scripts/check-bundle.mjs reads to know the first load.
    manifest: true,
    chunkSizeWarningLimit: 4000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The codecs' WebAssembly loaders can also run in Node.js and name its modules; a browser never gets there.
      onLog: (level, log, handle) => {
        const ofCodec = log.message.includes('externalized for browser') && log.message.includes('/codec-');
        if (!ofCodec) handle(level, log);
      },
    },
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': stack, '/config.json': stack },
  },
  optimizeDeps: {
    // Its decode worker is found by a relative URL, which pre-bundling would break.
    exclude: ['@cornerstonejs/dicom-image-loader'],
    include: ['dicom-parser'],
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], restoreMocks: true },
});
