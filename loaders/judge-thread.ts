import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Contents } from './contents.ts'
import { type Bundle, type JudgedInMemory, judgeInOrder } from './judge.ts'
import { asBuffer } from './pool.ts'

/** A judge for files of many bundles. */
export interface Judge {
  /**
   * Bundles are judged in the order of the calls; whether their contents are to be remembered is said with each. The bundle's memory goes
   * to the judge and comes back with the rows.
   */
  judge(bundle: Bundle, remembers: boolean): Promise<JudgedInMemory>
  /** Gives the memory of rows, which nobody looks at any more, to those of a bundle to come. */
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
/** Memory larger than this was for an unusual record, in bytes. */
const LARGE = 1 << 23

/** A new thread knows no TypeScript: it begins with the JavaScript that teaches it, in the way that needs no thread more. */
const boot = `
  const { workerData: [tsx, worker] } = require('node:worker_threads')
  require(tsx).require(worker, worker)
`
