import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Browser tests: one real browser against one real local stack for each file, a file a processor. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    environment: 'node',
    maxWorkers: availableParallelism(),
    testTimeout: 60_000,
    hookTimeout: 180_000,
    silent: 'passed-only',
  },
});
