import { Worker } from 'node:worker_threads'
import type { Bundle, Judged } from './judge.ts'

/** A judge on a thread of its own, for large files. */
export interface Judge {
  /** Bundles are judged in the order of the calls. The bundle's memory goes to the thread. */
  judge(bundle: Bundle): Promise<Judged>
  close(): Promise<void>
}

/** Starts the thread. */
export function startJudge(): Judge {
  const worker = new Worker(boot, {
    eval: true,
    workerData: [import.meta.resolve('tsx/esm/api'), new URL('worker.ts', import.meta.url).href],
    // Parsed records die young: a small nursery is as fast and spares memory.
    resourceLimits: { maxYoungGenerationSizeMb: 24 },
  })
  const waiting: { resolve(judged: Judged): void; reject(error: Error): void }[] = []
  let failure: Error | undefined

  worker.on('message', (judged: Judged) => waiting.shift()?.resolve({ ...judged, rows: asBuffer(judged.rows) }))
  worker.on('error', fail)
  worker.on('exit', code => fail(new Error(`The thread that judges records ended with code ${code}.`)))

  return {
    judge(bundle) {
      return new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        waiting.push({ resolve, reject })
        worker.postMessage(bundle, [bundle.bytes.buffer as ArrayBuffer])
      })
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

/** A new thread knows no TypeScript: it begins with the JavaScript that teaches it. */
const boot = `
  const { workerData: [tsx, worker] } = require('node:worker_threads')
  import(tsx).then(({ tsImport }) => tsImport(worker, worker))
`

/** A Buffer arrives from a thread as the Uint8Array that it is. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
