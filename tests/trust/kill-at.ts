// Preloaded into a runner (`node --import tsx --import kill-at.ts run.ts build`). At the n-th write to the database it kills -9 the victim
// in TRUST_KILL, `runner 17 3`: this process, its server process (backend), the whole server, or a process beside it, so many milliseconds
// later. With a phase, `auxiliary 17 3 load`, only the writes of that phase count. It prints `[struck] victim pid phase` with the phase at
// that moment. With TRUST_COUNT=file it writes at its end the number of writes, in all and by phase.
import { writeFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { type Phase, phaseAfter } from './phases.ts'
import { postmasterOf, processesOf, type Victim } from './server-processes.ts'

const [whom = '', at = '0', after = '0', within] = (process.env.TRUST_KILL ?? '').split(' ')
const count = process.env.TRUST_COUNT
const backends = new WeakMap<Socket, number>()
const seen = new WeakSet<Socket>()
const write = Socket.prototype.write as (this: Socket, ...args: unknown[]) => boolean
const writes: Record<string, number> = { all: 0 }
let phase: Phase = 'none'
let isDone = false

Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
  if (this.remoteAddress !== '127.0.0.1') return write.apply(this, args)
  if (!seen.has(this)) learnBackend(this)
  const result = write.apply(this, args)
  // Pieces of records are not statements.
  if (args[0] instanceof Uint8Array && args[0].length < 100_000) phase = phaseAfter(phase, Buffer.from(args[0]).toString('latin1'))
  writes.all = (writes.all ?? 0) + 1
  writes[phase] = (writes[phase] ?? 0) + 1
  const isNow = within === undefined ? writes.all >= Number(at) : phase === within && (writes[phase] ?? 0) >= Number(at)
  if (isNow && whom !== '' && !isDone && pidOf(this) > 0) {
    isDone = true
    const pid = pidOf(this)
    if (Number(after) === 0) strike(pid)
    else setTimeout(strike, Number(after), pid)
  }
  return result
} as typeof Socket.prototype.write

if (count) process.on('exit', () => writeFileSync(count, JSON.stringify(writes)))

function pidOf(socket: Socket): number {
  if (whom === 'runner') return process.pid
  if (whom === 'backend') return backends.get(socket) ?? 0
  const server = postmasterOf(process.env.TRUST_POSTMASTER ?? '')
  if (server === 0 || whom === 'server') return server
  const there = processesOf(server)[whom as Victim]
  // Varies between points, and is always the same for one point.
  return there[Number(at) % Math.max(1, there.length)] ?? 0
}

function strike(pid: number): void {
  try {
    writeSync(2, `[struck] ${whom} ${pid} ${phase}\n`)
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has already ended.
  }
}

// The server sends its process id once, in a message K, before it is ready.
function learnBackend(socket: Socket): void {
  seen.add(socket)
  let said = Buffer.alloc(0)
  const listen = (chunk: Buffer) => {
    // The answer to whether it supports TLS.
    if (said.length === 0 && chunk.length === 1) return
    said = Buffer.concat([said, chunk])
    while (said.length >= 5 && said.length > said.readUInt32BE(1)) {
      if (said[0] === 75) {
        backends.set(socket, said.readUInt32BE(5))
        socket.off('data', listen)
        return
      }
      said = said.subarray(1 + said.readUInt32BE(1))
    }
  }
  socket.on('data', listen)
}
