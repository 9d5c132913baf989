import { defineConfig } from 'vitest/config';

/** Browser tests: one real browser against one real local stack for each file, one file after the other. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    silent: 'passed-only',
  },
});
