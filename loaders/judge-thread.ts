import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Contents } from './contents.ts'
import { type Bundle, type JudgedInMemory, judgeInOrder } from './judge.ts'
import { asBuffer } from './pool.ts'

/** A judge for files of many bundles. */
export interface Judge {
  /**
   * Judges bundles in the order of the calls; `remembers` says whether the contents of this one are remembered. The bundle's memory goes to
   * the judge and comes back with the rows.
   */
  judge(bundle: Bundle, remembers: boolean): Promise<JudgedInMemory>
  /** Gives back the memory of rows that are no longer used, for a later bundle. */
  reuse(memory: Uint8Array): void
  close(): Promise<void>
}

/** A judge on this thread: a few bundles are judged before another thread has started. */
export function judgeHere(contents: Contents): Judge {
  const judge = judgeInOrder(contents)
  return {
    judge: async (bundle, remembers) => judge(bundle, undefined, remembers),
    reuse: () => {},
    close: async () => {},
  }
}

/** Starts a judge on a thread of its own, which knows the contents that lie in the memory. */
export function startJudge({ memory }: Pick<Contents, 'memory'>): Judge {
  const worker = new Worker(boot, {
    eval: true,
    workerData: [createRequire(import.meta.url).resolve('tsx/cjs/api'), fileURLToPath(new URL('worker.ts', import.meta.url)), memory],
    // Parsed records die young: a small nursery is as fast and spares memory.
    resourceLimits: { maxYoungGenerationSizeMb: 12 },
  })
  const waiting: { resolve(judged: JudgedInMemory): void; reject(error: Error): void }[] = []
  const spares: Uint8Array[] = []
  let failure: Error | undefined

  worker.on('message', (judged: JudgedInMemory) =>
    waiting.shift()?.resolve({ ...judged, rows: judged.rows.map(asBuffer), repeats: asBuffer(judged.repeats) }),
  )
  worker.on('error', fail)
  worker.on('exit', code => fail(new Error(`The thread that judges records ended with code ${code}.`)))

  return {
    judge(bundle, remembers) {
      return new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        waiting.push({ resolve, reject })
        const spare = spares.pop()
        const memory = [bundle.bytes, ...(spare ? [spare] : [])].map(({ buffer }) => buffer as ArrayBuffer)
        worker.postMessage({ bundle, spare, remembers }, memory)
      })
    },
    reuse(memory) {
      if (spares.length < SPARES && memory.byteLength <= LARGE) spares.push(memory)
    },
    async close() {
      await worker.terminate()
    },
  }

  function fail(error: Error): void {
    failure ??= error
    for (const { reject } of waiting.splice(0)) reject(failure)
  }
}

const SPARES = 8
/** Memory larger than this, in bytes, was needed for an unusual record and is not kept. */
const LARGE = 1 << 23

/** A new thread cannot run TypeScript: it starts with JavaScript that registers tsx, in the way that needs no further thread. */
const boot = `
  const { workerData: [tsx, worker] } = require('node:worker_threads')
  require(tsx).require(worker, worker)
`
