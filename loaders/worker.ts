import { parentPort, workerData } from 'node:worker_threads'
import { openContents } from './contents.ts'
import { type Bundle, judgeInOrder } from './judge.ts'
import { asBuffer } from './pool.ts'

// The thread of judge-thread.ts. Memory comes with the bundle, if there is any to spare for its rows, and goes back with them, together
// with the bundle's own.
parentPort?.on('message', ({ bundle, spare, remembers }: { bundle: Bundle; spare: Uint8Array | undefined; remembers: boolean }) => {
  const judged = judge({ ...bundle, bytes: asBuffer(bundle.bytes) }, spare && asBuffer(spare), remembers)
  parentPort?.postMessage(judged, [judged.memory.buffer as ArrayBuffer, judged.bytes.buffer as ArrayBuffer])
})

const judge = judgeInOrder(openContents((workerData as [string, string, SharedArrayBuffer])[2]))
