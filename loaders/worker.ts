import { parentPort, workerData } from 'node:worker_threads'
import { openContents } from './contents.ts'
import { type Bundle, judge, roomOf } from './judge.ts'

// The other side of judge-thread.ts: judges one bundle after another on a thread of its own. Memory comes with the bundle, if there is any
// to spare for its rows, and goes back with them, and so does the bundle's own.
parentPort?.on('message', ({ bundle, spare, remembers }: { bundle: Bundle; spare: Uint8Array | undefined; remembers: boolean }) => {
  const room = roomOf({ ...bundle, bytes: asBuffer(bundle.bytes) })
  const memory = spare && spare.byteLength >= room ? asBuffer(spare) : Buffer.allocUnsafeSlow(Math.ceil(room / STEP) * STEP)
  if (bundle.first === 0) skipped = 0
  const judged = judge({ ...bundle, bytes: asBuffer(bundle.bytes) }, memory, { contents, remembers, skipped })
  skipped += judged.messages
  parentPort?.postMessage({ ...judged, memory, bytes: bundle.bytes }, [memory.buffer as ArrayBuffer, bundle.bytes.buffer as ArrayBuffer])
})

const contents = openContents((workerData as [string, string, SharedArrayBuffer])[2])

/** Messages of the file at work before its next bundle: bundles come in their order, one file after the other. */
let skipped = 0

/** Memory is of few sizes, so that it fits another time. */
const STEP = 1 << 18

/** A Buffer arrives from a thread as the Uint8Array that it is. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
