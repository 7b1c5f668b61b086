import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'pipeline',
          include: ['tests/pipeline/**/*.test.ts', 'tests/trust/**/*.test.ts'],
          globalSetup: 'tests/pipeline/server.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    maxWorkers: 2,
  },
})
