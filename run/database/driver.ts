import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import postgres from 'postgres'

/**
 * The driver, postgres.js, and all that this project knows of its internals: how a query is sent (`handler`), how it fails (`reject`), and
 * that COPY data goes over the socket unchanged. package.json pins one exact version, and tests/pipeline/driver.test.ts fails where another
 * behaves differently.
 */

/** A pool of connections: the first argument of what talks to the database. */
export type Sql = postgres.Sql
/** A connection of its own until it is released: `begin`, `commit` and `savepoint` are statements on it. */
export type Session = postgres.ReservedSql
/** A transaction that `sql.begin()` opened. */
export type Transaction = postgres.TransactionSql
/** What PostgreSQL says beside results: severity, message, code … */
export type Notice = postgres.Notice

/** Opens a pool, lazily: nothing is connected before the first query. */
export function openPool(options: object): Sql {
  return postgres(options) as unknown as Sql
}

/** The process number that the server, or a pooler in front of it, gave to the connection of a result. */
export function clientPid(rows: object): number {
  return (rows as { state: { pid: number } }).state.pid
}

/** A running query, which can be made to fail from outside. */
export interface Pending {
  reject(error: Error): void
}

/** Calls `send` instead of sending a query, which happens when the query is first awaited; `pass` sends it. */
export function interceptSending(query: object, send: (pending: Pending & PromiseLike<unknown>, pass: () => void) => void): void {
  const own = query as { handler(one: Pending): void }
  const { handler } = own
  own.handler = one => send(one as Pending & PromiseLike<unknown>, () => handler(one))
}

/** The text of a query, with a ? for each value. */
export function textOf(query: object): string {
  return (query as { strings: readonly string[] }).strings.join('?')
}

/** Calls `seen` with the text of each query that a session sends from now on. */
export function watchSending(session: object, seen: (text: string) => void): void {
  watchers.set(session, seen)
}

/** Calls the watcher of a session with the query that it sends. */
export function tellSending(session: object, query: object): void {
  watchers.get(session)?.(textOf(query))
}

const watchers = new WeakMap<object, (text: string) => void>()

/**
 * Registers the socket of a session whose bytes reach the server unchanged: COPY data can bypass the driver, which would copy it once more.
 */
export function registerSocket(session: object, socket: Socket): void {
  sockets.set(session, socket)
}

/** A COPY … FROM STDIN that is under way. */
export interface CopyIn {
  /** Sends data; resolves when its memory is no longer needed. Throws the server's error about this data, or about data before it. */
  write(pieces: Buffer[]): Promise<void>
  /** Waits until all has landed. Throws the server's error. */
  end(): Promise<void>
  /** Aborts the COPY, and with it the transaction. Does nothing after `end`: then only a rollback undoes it. */
  abandon(): Promise<void>
}

/** Begins a COPY inside the transaction of `sql`; `header` and `trailer` are sent before and after the data. */
export async function copyIn(sql: Session, statement: string, { header, trailer }: { header: Buffer; trailer: Buffer }): Promise<CopyIn> {
  const query = sql.unsafe(statement)
  const failed = failureOf(query)
  const stream = await query.writable()
  stream.on('error', () => {})
  const socket = sockets.get(sql)
  const write = socket ? direct(socket, stream) : through(stream)
  await Promise.race([failed, through(stream)(header)])
  let ended = false

  return {
    write: pieces => Promise.race([failed, inWrites(write, pieces)]),
    end: async () => {
      await Promise.race([failed, through(stream)(trailer).then(() => new Promise<void>(resolve => stream.end(resolve)))])
      ended = true
    },
    abandon: async () => {
      if (ended) return
      stream.destroy()
      await failed.catch(() => {})
    },
  }
}

/** The data of a COPY … TO STDOUT as they come. */
export async function* copyOut(sql: Session, statement: string): AsyncGenerator<Buffer> {
  const stream = await sql.unsafe(statement).readable()
  try {
    yield* stream as AsyncIterable<Buffer>
  } finally {
    // The driver stops reading while much data waits here, and does not resume by itself when that was the end.
    sockets.get(sql)?.resume()
  }
}

const sockets = new WeakMap<object, Socket>()

/**
 * Errors after the driver gave the stream. The driver reports them to the stream, but not once the stream was ended, and the server finds
 * most errors only then: so listens where the driver reports.
 */
function failureOf(query: object): Promise<never> {
  const reporter = query as Pending
  const report = reporter.reject
  const failed = new Promise<never>((_, reject) => {
    reporter.reject = error => {
      reject(error)
      report(error)
    }
  })
  failed.catch(() => {})
  return failed
}

type Write = (bytes: Buffer) => Promise<void>

/** Writes the pieces in chunks that are neither small nor very large. */
async function inWrites(write: Write, pieces: Buffer[]): Promise<void> {
  let small: Buffer[] = []
  let size = 0
  for (const piece of pieces) {
    if (size + piece.length > SMALL) await flush()
    if (piece.length > SMALL) for (let at = 0; at < piece.length; at += LARGE) await write(piece.subarray(at, at + LARGE))
    else {
      small.push(piece)
      size += piece.length
    }
  }
  await flush()

  async function flush(): Promise<void> {
    const [first] = small
    if (first) await write(small.length === 1 ? first : Buffer.concat(small, size))
    small = []
    size = 0
  }
}

/** Writes through the driver, which makes a copy. */
function through(stream: Writable): Write {
  return bytes => new Promise((resolve, reject) => void stream.write(bytes, error => (error ? reject(error) : resolve())))
}

/** Writes a CopyData message of the protocol, bypassing the driver; nothing after the COPY failed, as it would go into the next one. */
function direct(socket: Socket, stream: Writable): Write {
  return bytes =>
    new Promise((resolve, reject) => {
      if (stream.destroyed) return reject(new Error('The COPY has failed.'))
      const head = Buffer.allocUnsafe(5)
      head[0] = COPY_DATA
      head.writeUInt32BE(4 + bytes.length, 1)
      socket.cork()
      socket.write(head)
      socket.write(bytes, error => (error ? reject(error) : resolve()))
      socket.uncork()
    })
}

const COPY_DATA = 'd'.charCodeAt(0)

// In bytes.
const SMALL = 1 << 17
const LARGE = 1 << 20
