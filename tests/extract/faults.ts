import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** A fault at the n-th call of a path (below the base, `/agents`; a `*` at its end matches anything). */
export interface Fault {
  path: string
  /** From 1, or each call. */
  nth: number | 'always'
  kind: FaultKind
}

/** A correct answer. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export type FaultKind = keyof typeof spoilers | keyof typeof breakers

/** The context of a fault. */
export interface FaultContext {
  /** The other server, which must never see a secret. */
  foreign: string
  now: number
  secret: string
}

/** Wrong answers that arrive completely. */
export const spoilers = {
  '401': () => reply(401, { code: 'invalid_credentials', message: 'You have to be logged in to perform this action.' }),
  '403': () => reply(403, { code: 'access_denied', message: 'You are not authorized to perform this action.' }),
  '404': () => ({ status: 404, headers: {}, body: Buffer.alloc(0) }),
  '400': () =>
    reply(400, { description: 'Validation failed', errors: [{ field: 'page', message: 'It is not valid', code: 'invalid_value' }] }),
  '429-seconds': () => ({
    ...reply(429, { message: 'You have exceeded the limit of requests per hour' }),
    headers: { 'retry-after': '30' },
  }),
  '429-date': (_: Reply, { now }: FaultContext) => ({ ...html(429), headers: { 'retry-after': new Date(now + 45_000).toUTCString() } }),
  '429-absent': () => html(429),
  '429-junk': () => ({ ...html(429), headers: { 'retry-after': 'soon' } }),
  '429-year': () => ({ ...html(429), headers: { 'retry-after': '31536000' } }),
  '500': () => html(500),
  '502': () => html(502),
  '503': () => ({ ...html(503), headers: { 'retry-after': '5' } }),
  'html-200': () => html(200),
  'login-object': () => reply(200, { require_login: true }),
  'word-200': () => reply(200, 'Unauthorized'),
  'echo-403': (_: Reply, { secret }: FaultContext) =>
    reply(403, { message: `The key ${secret} may not`, header: Buffer.from(`${secret}:X`).toString('base64') }),
  BDC_1322: () => bdc(422, 'BDC_1322'),
  'BDC_1322-200': () => bdc(200, 'BDC_1322'),
  BDC_1144: () => bdc(429, 'BDC_1144'),
  BDC_1109: () => bdc(200, 'BDC_1109'),
  BDC_9999: () => bdc(200, 'BDC_9999'),
  'BDC_1001-v2': () => reply(200, { response_status: 1, response_data: { error_code: 'BDC_1001' } }),
  redirect: (_: Reply, { foreign }: FaultContext) => ({ status: 302, headers: { location: `${foreign}/login` }, body: Buffer.alloc(0) }),
  'link-foreign': relink((url, { foreign }) => `${foreign}${url.pathname}${url.search}`),
  'link-scheme': relink(url => url.href.replace('http:', 'https:')),
  'link-port': relink(url => `http://${url.hostname}:1${url.pathname}${url.search}`),
  'link-path': relink(url => url.href.replace('/agents', '/contacts').replace('/roles', '/contacts')),
  'link-same': relink(url => turn(url, page => page - 1)),
  'link-skip': relink(url => turn(url, page => page + 1)),
  'link-gone': (good: Reply) => ({ ...good, headers: {} }),
  'one-row-less': (good: Reply) => ({
    ...good,
    body: Buffer.from(good.body.toString('utf8').replace(/,\{(?:[^{}]|\{[^{}]*\})*\}\]$/, ']')),
  }),
  bom: (good: Reply) => ({ ...good, body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good.body]) }),
  'not-utf8': (good: Reply) => ({
    ...good,
    body: Buffer.concat([good.body.subarray(0, -1), Buffer.from([0x22, 0xff, 0x22]), good.body.subarray(-1)]),
  }),
  // The page is refused for its length, so its rows need not match the server's exactly.
  'more-rows': (good: Reply) => {
    const value = JSON.parse(good.body.toString('utf8')) as { results?: unknown[] } | unknown[]
    const rows = Array.isArray(value) ? value : value.results
    if (!rows?.length) return good
    const more = [...Array<unknown>(200).fill(rows[0]), ...rows]
    return { ...good, body: Buffer.from(JSON.stringify(Array.isArray(value) ? more : { ...value, results: more })) }
  },
} satisfies Record<string, (good: Reply, context: FaultContext) => Reply>

/** Answers that do not arrive completely. */
export const breakers = {
  reset: response => response.socket?.resetAndDestroy(),
  'cut-plain': (response, good) => {
    response.writeHead(good.status, { ...good.headers, 'content-length': good.body.length })
    response.write(good.body.subarray(0, good.body.length >> 1), () => response.destroy())
  },
  'cut-gzip': (response, good) => {
    const zipped = gzipSync(good.body)
    const half = zipped.subarray(0, zipped.length >> 1)
    response.writeHead(good.status, { ...good.headers, 'content-encoding': 'gzip', 'content-length': half.length })
    response.end(half)
  },
  'short-length': (response, good) => {
    response.writeHead(good.status, { ...good.headers, 'content-length': Math.max(0, good.body.length - 7), connection: 'close' })
    response.end(good.body)
  },
  'long-length': (response, good) => {
    response.writeHead(good.status, { ...good.headers, 'content-length': good.body.length + 7 })
    response.write(good.body, () => response.destroy())
  },
  'slow-headers': () => {},
  'slow-drip': (response, good) => {
    response.writeHead(good.status, good.headers)
    let at = 0
    const timer = setInterval(() => {
      response.write(good.body.subarray(at, at + 1))
      at += 1
    }, 5)
    response.on('close', () => clearInterval(timer))
  },
} satisfies Record<string, (response: ServerResponse, good: Reply) => void>

/** A JSON answer. */
export function reply(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }
}

/** A BILL error, in its array. */
export function bdc(status: number, code: string): Reply {
  return reply(status, [
    { timestamp: '2026-01-05T00:00:00.000+00:00', code, severity: 'ERROR', category: 'REQUEST', message: 'It did not work.' },
  ])
}

function html(status: number): Reply {
  return { status, headers: { 'content-type': 'text/html' }, body: Buffer.from('\n<!doctype html><title>Oops</title>') }
}

function relink(change: (url: URL, context: FaultContext) => string): (good: Reply, context: FaultContext) => Reply {
  return (good, context) => {
    const target = /<([^>]*)>/.exec(good.headers.link ?? '')?.[1]
    return target ? { ...good, headers: { ...good.headers, link: `<${change(new URL(target), context)}>; rel="next"` } } : good
  }
}

function turn(url: URL, change: (page: number) => number): string {
  url.searchParams.set('page', String(change(Number(url.searchParams.get('page')))))
  return url.href
}
