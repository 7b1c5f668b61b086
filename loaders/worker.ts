import { parentPort } from 'node:worker_threads'
import { type Bundle, judge } from './judge.ts'

// The other side of judges.ts: judges one bundle after another on a thread of its own.
parentPort?.on('message', (bundle: Bundle) => {
  const { rows, ...rest } = judge({ ...bundle, bytes: Buffer.from(bundle.bytes.buffer, bundle.bytes.byteOffset, bundle.bytes.byteLength) })
  parentPort?.postMessage({ ...rest, rows }, rows.length > 0 ? [rows.buffer as ArrayBuffer] : [])
})
