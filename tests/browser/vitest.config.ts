import { defineConfig } from 'vitest/config'

/** Tests of the page in a browser: npm run test:browser. `npm test` needs no browser. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: 'tests/pipeline/server.ts',
    testTimeout: 300_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
})
