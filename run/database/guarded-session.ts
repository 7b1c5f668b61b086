import type { Socket } from 'node:net'
import { interceptSending, type Pending, registerSocket, type Session, type Sql, tellSending } from './driver.ts'

/**
 * Gives a pool sessions of their own: `reserve()` opens a connection that nobody else uses, `release()` closes it.
 * The driver's own `reserve()` is not safe for a lock or a transaction: when its connection is lost between two statements, the next
 * statement goes to another connection of the pool, without the lock and outside the transaction, or waits forever, or ends the process.
 * Here every statement after the loss, and every statement that waits for an answer, fails with CONNECTION_CLOSED. So do those of
 * `begin()`, which the driver runs on a connection of the pool: a statement of its transaction after the loss would end the process.
 * `connect` opens a pool, with options beside its usual ones; each of its sockets goes through `enter`. Each session begins with the
 * statement `settings`.
 */
export function withSessions(connect: (enter: (socket: Socket) => Socket, options?: object) => Sql, settings: string): Sql {
  const open = new Set<Sql>()
  const pool = connect(socket => socket)
  const end = pool.end.bind(pool)
  return Object.assign(pool, { reserve, begin, end: endAll })

  async function begin<T>(...given: [options: string, work: Work<T>] | [work: Work<T>]): Promise<T> {
    const [options, work] = given.length === 2 ? given : ['', given[0]]
    const session = await reserve()
    try {
      await session.unsafe(`begin ${options}`)
      const result = await work(session)
      await session.unsafe('commit')
      return result
    } catch (error) {
      await session.unsafe('rollback').catch(() => {})
      throw error
    } finally {
      session.release()
    }
  }

  async function reserve(): Promise<Session> {
    const waiting = new Set<Pending>()
    let isLost = false
    let isClosed = false
    let refuse: (error: Error) => void = () => {}
    let socket: Socket | undefined
    const onclose = () => {
      isLost = true
      refuse(lost())
      for (const query of waiting) query.reject(lost())
    }
    const own = connect(opened => (socket = isClosed ? refused(opened) : opened), { max: 1, onclose })
    open.add(own)
    // The driver never reports the loss of a connection that is still being made.
    const missed = new Promise<never>((_, reject) => {
      refuse = reject
    })
    const begun = own.reserve().then(async session => {
      await session.unsafe(settings)
      return session
    })
    const session = await Promise.race([begun, missed]).catch(error => {
      close()
      throw error
    })
    const guard = new Proxy(session, {
      apply: (target, self, words) => guarded(Reflect.apply(target, self, words)),
      get(target, name) {
        if (name === 'release') return release
        const value = Reflect.get(target, name)
        return name === 'unsafe' || name === 'file' ? (...words: unknown[]) => guarded(Reflect.apply(value, target, words)) : value
      },
    })
    if (socket && !own.options.ssl) registerSocket(guard, socket)
    return guard

    function guarded<T>(made: T): T {
      if (made instanceof Promise)
        interceptSending(made, (one, pass) => {
          if (isLost) return one.reject(lost())
          tellSending(guard, made)
          waiting.add(one)
          const done = () => void waiting.delete(one)
          Promise.prototype.then.call(one, done, done)
          pass()
        })
      return made
    }

    // The driver's `end` waits for a reserved connection until its timeout.
    function release(): void {
      if (!isLost) session.release()
      close()
    }

    function close(): void {
      isClosed = true
      open.delete(own)
      void own.end({ timeout: 1 })
    }
  }

  async function endAll(options?: { timeout?: number }): Promise<void> {
    await Promise.all([...open].map(own => own.end({ timeout: options?.timeout ?? 1 })))
    await end(options)
  }
}

type Work<T> = (transaction: Session) => Promise<T>

/**
 * Rejects a socket that opens for an abandoned session. Where a recovering server refuses a connection, the driver tells those that wait
 * for a session, and connects once more for them: that connection would stay open and keep the process alive.
 */
function refused(socket: Socket): never {
  socket.destroy()
  throw lost()
}

/**
 * A new connection first asks for array types, and the driver does not handle the failure of that query: without our listener, a server
 * that dies at that moment would end the process. The user of the connection gets the error anyway. Any other unhandled rejection still
 * ends the process.
 */
export function surviveLossWhileConnecting(): void {
  if (isListening) return
  isListening = true
  process.on('unhandledRejection', (reason: { code?: string } | undefined) => {
    const isLoss = ['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', '57P01', '57P02', '57P03'].includes(reason?.code ?? '')
    if (!isLoss && process.listenerCount('unhandledRejection') === 1) throw reason
  })
}

let isListening = false

function lost(): Error {
  return Object.assign(new Error('the server closed the connection'), { code: 'CONNECTION_CLOSED' })
}
