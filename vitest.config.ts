import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Files share a process, and with it the modules that are loaded and what V8 has compiled: each leaves nothing behind for the next.
const shared = { isolate: false, globalSetup: 'tests/temporary.ts', testTimeout: 300_000, hookTimeout: 300_000 }

/** What takes longest begins first: the one file that is still at work when all others have ended keeps a single core busy. */
const longest =
  'crash contents-batches first-day cli histories together warehouse-sample versions publish retention edits warehouse extract-kills'.split(
    ' ',
  )

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex(name => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? longest.length : at
    }
    return (await super.sort(files)).sort((one, other) => place(one) - place(other))
  }
}

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'unit', include: ['tests/unit/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: 'pipeline',
          include: ['tests/pipeline/**/*.test.ts', 'tests/trust/**/*.test.ts'],
          globalSetup: [shared.globalSetup, 'tests/pipeline/server.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
    sequence: { sequencer: LongestFirst },
    // One more than the cores of a small machine: a test that waits for a process, a lock or a server leaves its core to another.
    maxWorkers: 3,
  },
})
