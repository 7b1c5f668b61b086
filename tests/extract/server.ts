import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { breakers, type Fault, type FaultKind, type Reply, spoilers } from './faults.ts'

/** A call, as received by the server. */
export interface Call {
  method: string
  /** Below the base. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** By the test's clock. */
  at: number
  status: number
}

/** A server on the loopback that answers like an API, except for its faults. */
export interface FakeServer {
  /** `http://127.0.0.1:40000`. */
  host: string
  calls: Call[]
  /** Its faults; may be changed at any time. */
  faults: Fault[]
  /** Faults that occurred. */
  struck: Fault[]
  /** The most concurrent calls. */
  most: number
  /** Bodies that were sent completely with status 200, by path and query. */
  sent: Map<string, Buffer[]>
  /** Called before each answer, with the number of the call to its path: to change the data meanwhile. */
  before: (call: Call, nth: number) => void
  close(): Promise<void>
}

/** The parameters of a fake server. */
export interface FakeOptions {
  base: string
  secret: string
  /** The good answer to a call. */
  answer(call: Call): Reply
  now: () => number
  /** The target of redirects and foreign links. */
  foreign?: string
}

export async function startFake(options: FakeOptions): Promise<FakeServer> {
  const { base, answer, now, secret, foreign = 'http://127.0.0.1:9' } = options
  const counts = new Map<string, number>()
  let under = 0
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://127.0.0.1')
    const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : url.pathname
    const call: Call = { method: request.method!, path, query: url.searchParams, headers: request.headers, at: now(), status: 0 }
    const nth = (counts.get(path) ?? 0) + 1
    counts.set(path, nth)
    fake.calls.push(call)
    under += 1
    fake.most = Math.max(fake.most, under)
    response.on('close', () => {
      under -= 1
    })
    fake.before(call, nth)

    const good = url.pathname.startsWith(base) ? answer(call) : { status: 404, headers: {}, body: Buffer.alloc(0) }
    const fault = fake.faults.find(one => (one.nth === 'always' || one.nth === nth) && matches(one.path, path))
    if (fault) fake.struck.push(fault)
    if (fault && isBreaker(fault.kind)) return void breakers[fault.kind](response, good)
    const final = fault ? spoilers[fault.kind as keyof typeof spoilers](good, { foreign, now: now(), secret }) : good
    call.status = final.status
    if (final.status === 200) remember(`${path}?${url.searchParams}`, final.body)
    response.writeHead(final.status, { ...final.headers, 'content-length': final.body.length })
    response.end(final.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeServer = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    faults: [],
    struck: [],
    most: 0,
    sent: new Map(),
    before: () => {},
    close: () => closed(server),
  }
  return fake

  function remember(key: string, body: Buffer): void {
    fake.sent.set(key, [...(fake.sent.get(key) ?? []), body])
  }
}

/** The most calls in any 60 seconds. */
export function mostInAMinute(calls: readonly Call[]): number {
  const times = calls.map(({ at }) => at).sort((one, other) => one - other)
  return Math.max(0, ...times.map((from, first) => times.filter((at, index) => index >= first && at < from + 60_000).length))
}

/** How often each path was called. */
export function callsByPath(calls: readonly Call[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { path } of calls) counts[path] = (counts[path] ?? 0) + 1
  return counts
}

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path
}

function isBreaker(kind: FaultKind): kind is keyof typeof breakers {
  return Object.hasOwn(breakers, kind)
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(() => resolve()))
}
