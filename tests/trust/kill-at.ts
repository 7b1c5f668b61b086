// Preloaded into a runner (`node --import tsx --import kill-at.ts run.ts build`): at the n-th write to the database it kills -9 whom
// TRUST_KILL names, `runner 17 3`: this process, its server process (backend) or the whole server, so many milliseconds later.
// With TRUST_COUNT=file it writes at its end how many writes there were.
import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'

const [whom = '', at = '0', after = '0'] = (process.env.TRUST_KILL ?? '').split(' ')
const count = process.env.TRUST_COUNT
const backends = new WeakMap<Socket, number>()
const seen = new WeakSet<Socket>()
const write = Socket.prototype.write as (this: Socket, ...args: unknown[]) => boolean
let writes = 0
let isDone = false

Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
  if (this.remoteAddress !== '127.0.0.1') return write.apply(this, args)
  if (!seen.has(this)) learnBackend(this)
  const result = write.apply(this, args)
  if (++writes >= Number(at) && whom !== '' && !isDone && pidOf(this) > 0) {
    isDone = true
    const pid = pidOf(this)
    if (Number(after) === 0) strike(pid)
    else setTimeout(strike, Number(after), pid)
  }
  return result
} as typeof Socket.prototype.write

if (count) process.on('exit', () => writeFileSync(count, String(writes)))

function pidOf(socket: Socket): number {
  if (whom === 'runner') return process.pid
  if (whom === 'server') {
    const file = process.env.TRUST_POSTMASTER ?? ''
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0
  }
  return backends.get(socket) ?? 0
}

function strike(pid: number): void {
  try {
    writeSync(2, `[struck] ${whom} ${pid}\n`)
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

// The server tells its process number once, in a message K, before it is ready.
function learnBackend(socket: Socket): void {
  seen.add(socket)
  let said = Buffer.alloc(0)
  const listen = (chunk: Buffer) => {
    // The answer to whether it has TLS.
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
