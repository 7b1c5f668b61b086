import { defineConfig } from 'vitest/config'

// Files share a process, and with it the modules that are loaded and what V8 has compiled: each leaves nothing behind for the next.
const shared = { isolate: false, testTimeout: 300_000, hookTimeout: 300_000 }

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'unit', include: ['tests/unit/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: 'pipeline',
          include: ['tests/pipeline/**/*.test.ts', 'tests/trust/**/*.test.ts'],
          globalSetup: 'tests/pipeline/server.ts',
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // One more than the cores of a small machine: a test that waits for a process, a lock or a server leaves its core to another.
    maxWorkers: 3,
  },
})
