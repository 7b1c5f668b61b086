import { defineConfig } from 'vitest/config'

/** Tests that look at the page in a browser: npm run test:browser. `npm test` needs none. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: 'tests/pipeline/server.ts',
    testTimeout: 300_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
})
