import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { attempt } from '../../loaders/extract/attempt.ts'
import { address } from '../../loaders/extract/client.ts'
import { cutQuery, strangeRow } from '../../loaders/extract/cut.ts'
import { idText, parseBytes } from '../../loaders/extract/json.ts'
import { nextLink } from '../../loaders/extract/link.ts'
import { monthPlans } from '../../loaders/extract/plan.ts'
import { duration, eventLine } from '../../loaders/extract/progress.ts'
import { createRate } from '../../loaders/extract/rate.ts'
import { createRedact, excerpt } from '../../loaders/extract/redact.ts'
import { checkSurroundings } from '../../loaders/extract/surroundings.ts'
import { backoff, retryAfter, untilNextHour } from '../../loaders/extract/waits.ts'

const now = Date.parse('2026-01-05T05:10:00.000Z')

describe('Retry-After', () => {
  it.each([
    ['30', 30_000],
    ['0', 0],
    ['1.5', 1500],
    ['Mon, 05 Jan 2026 05:10:45 GMT', 45_000],
    ['Mon, 05 Jan 2026 05:00:00 GMT', 0],
    ['31536000', 900_000],
    ['Tue, 05 Jan 2027 05:00:00 GMT', 900_000],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [null, undefined],
  ])('of %j is a wait of %j ms', (header, wait) => {
    expect(retryAfter(header, now)).toBe(wait)
  })
})

describe('waits between tries', () => {
  it('are full jitter up to 1, 2, 4 … 60 seconds', () => {
    const most = [2, 3, 4, 7, 8, 9, 20].map(tries => backoff(tries, () => 1))
    expect(most).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000])
    expect(backoff(5, () => 0)).toBe(0)
  })

  it('reach to the next full hour where the quota is hourly', () => {
    expect(untilNextHour(now)).toBe(50 * 60_000)
  })
})

describe('the rate', () => {
  const headers = (total: string, left: string) => new Headers({ 'x-ratelimit-total': total, 'x-ratelimit-remaining': left })

  it('spaces calls from when they went out, not from when they were due', () => {
    const rate = createRate(60, 0.2)
    expect(rate.wait(5000)).toBe(0)
    rate.sent(5300)
    expect([rate.wait(5300), rate.wait(6000), rate.wait(6300), rate.wait(9000)]).toEqual([1000, 300, 0, 0])
  })

  it.each([
    ['200.0', '100.0', 1000],
    ['200', '30', 2000],
    ['200', '1', 60_000],
    ['200', '0', 60_000],
    ['many', 'few', 1000],
    ['0', '0', 1000],
  ])('with a quota of %s and %s left waits %d ms', (total, left, wait) => {
    const rate = createRate(60, 0.2)
    rate.sent(0)
    rate.saw(headers(total, left))
    expect(rate.wait(0)).toBe(wait)
    rate.saw(headers('200', '199'))
    expect(rate.wait(0)).toBe(1000)
  })
})

describe('a Link header', () => {
  const asked = new URL('https://acme.freshdesk.com/api/v2/agents?per_page=100&page=1')
  const link = (url: string, rel = 'rel="next"') => nextLink(`<${url}>; ${rel}`, asked, 1)
  const right = 'https://acme.freshdesk.com/api/v2/agents?per_page=100&page=2'

  it.each(['rel="next"', 'rel=next', 'title="x"; rel="last next"', 'REL="NEXT"'])('is followed with %s', rel => {
    expect(link(right, rel)).toEqual({ page: 2 })
  })

  it('is found among others', () => {
    expect(nextLink(`<${asked}>; rel="prev", <${right}>; rel="next", <x>; rel="last"`, asked, 1)).toEqual({ page: 2 })
  })

  it.each([null, '', 'junk', `<${right}>; rel="prev"`, `<${right}>`])('says nothing when it is %j', header => {
    expect(nextLink(header, asked, 1)).toBeUndefined()
  })

  it.each([
    ['https://evil.example/api/v2/agents?page=2', 'leads to https://evil.example'],
    ['https://acme.freshdesk.com.evil.example/api/v2/agents?page=2', 'leads to https://acme.freshdesk.com.evil.example'],
    ['http://acme.freshdesk.com/api/v2/agents?page=2', 'leads to http://acme.freshdesk.com'],
    ['https://acme.freshdesk.com:8443/api/v2/agents?page=2', 'leads to https://acme.freshdesk.com:8443'],
    ['https://acme.freshdesk.com/api/v2/contacts?page=2', 'leads to /api/v2/contacts'],
    ['https://acme.freshdesk.com/api/v2/agents?page=1', 'from page 1 to page 1'],
    ['https://acme.freshdesk.com/api/v2/agents?page=3', 'from page 1 to page 3'],
    ['https://acme.freshdesk.com/api/v2/agents?page=2&page=9', 'from page 1 to page 2, 9'],
    ['https://acme.freshdesk.com/api/v2/agents?page=02', 'from page 1 to page 02'],
    ['https://acme.freshdesk.com/api/v2/agents', 'from page 1 to page unknown'],
    ['https://[', 'is not a valid URL'],
  ])('to %s is wrong', (url, why) => {
    expect(link(url)).toEqual({ wrong: expect.stringContaining(why) })
  })

  it('with two next pages is wrong', () => {
    expect(nextLink(`<${right}>; rel="next", <${right}>; rel="next"`, asked, 1)).toEqual({ wrong: 'names two next pages' })
  })
})

describe('JSON', () => {
  const parse = (text: string) => parseBytes(Buffer.from(text))

  it('keeps whole numbers beyond 2^53 as text, and nothing else', () => {
    const text =
      '[{"id":12345678901234567890,"b":-12345678901234567890,"c":1.12345678901234567890,"d":"1234567890123456","e\\"1":"\\\\","f":1e20}]'
    expect(parse(text)).toEqual([
      { id: '12345678901234567890', b: '-12345678901234567890', c: 1.1234567890123457, d: '1234567890123456', 'e"1': '\\', f: 1e20 },
    ])
  })

  it('takes a byte order mark, and no body that is cut, not UTF-8 or empty', () => {
    expect(parse('\ufeff[1]')).toEqual([1])
    for (const bytes of [Buffer.from('[{"id":1},'), Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), Buffer.alloc(0)])
      expect(parseBytes(bytes)).toBeUndefined()
  })

  it('gives an id as text, or none', () => {
    expect([7, '7', 'txr_1'].map(idText)).toEqual(['7', '7', 'txr_1'])
    for (const value of [0, -1, 1.5, 2 ** 53, '', null, undefined, {}, true]) expect(idText(value)).toBeUndefined()
  })
})

describe('an address', () => {
  const base = new URL('https://acme.freshdesk.com/api/v2')

  it('is the base, the path and encoded parameters', () => {
    const url = address(base, { path: '/agents/7', query: { nextPage: 'a+/=', filters: 'x:gte:"1"' } })
    expect(url.href).toBe('https://acme.freshdesk.com/api/v2/agents/7?nextPage=a%2B%2F%3D&filters=x%3Agte%3A%221%22')
  })

  it.each(['/../admin', '/agents/..', '/agents/%2e%2e', '//evil.example/x', '/agents?x=1', '/agents#x', 'agents', '/agents/', '/a\\b'])(
    'never is that of %s',
    path => {
      expect(() => address(base, { path, query: {} })).toThrow('is outside of')
    },
  )
})

describe('redaction', () => {
  const secret = 'a+key/with="signs"'
  const redact = createRedact([secret])
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  it('takes every form of a secret', () => {
    for (const form of [
      secret,
      base64(secret),
      base64(`${secret}:X`),
      base64(`${secret}:`),
      base64(secret).replace(/=+$/, ''),
      encodeURIComponent(secret),
      JSON.stringify(secret),
    ])
      expect(redact(`the ${form} is`).replaceAll('"', '')).toBe('the [secret] is')
  })

  it('makes one line of at most 500 characters of a body', () => {
    expect(excerpt(Buffer.from(`a\n\u001b[31m b\u0000\u202e ${secret}`), redact)).toBe('a [31m b [secret]')
    expect(excerpt(Buffer.from('x'.repeat(2000)), redact)).toHaveLength(500)
    expect(excerpt(Buffer.from(`${secret} `.repeat(5000)), redact)).not.toContain('key')
  })
})

describe('windows and months', () => {
  const entry = {
    window: { field: 'updatedTime', parameter: 'filters', from: 'updatedTime:gte:"{from}"', lookback_days: 3, full_every_days: 30 },
    slices: { field: 'occurredTime', parameter: 'filters', from: 'occurredTime:gte:"{from}"', to: 'occurredTime:lte:"{to}"' },
  } as never

  it('become a filter', () => {
    expect(cutQuery(null, entry)).toEqual({})
    expect(cutQuery({ field: 'updatedTime', from: '2026-01-02T00:00:00.000Z', to: null }, entry)).toEqual({
      filters: 'updatedTime:gte:"2026-01-02T00:00:00.000Z"',
    })
    expect(cutQuery({ field: 'occurredTime', from: 'A', to: 'B' }, entry)).toEqual({ filters: 'occurredTime:gte:"A",occurredTime:lte:"B"' })
    expect(cutQuery({ field: 'occurredTime', from: null, to: 'B' }, entry)).toEqual({ filters: 'occurredTime:lte:"B"' })
  })

  it('lie side by side over all time', () => {
    expect(monthPlans('t', Date.parse('2025-11-30T23:00:00Z'), now)).toEqual([
      { name: '2025-11', cut: { field: 't', from: null, to: '2025-12-01T00:00:00.000Z' }, isLasting: true },
      { name: '2025-12', cut: { field: 't', from: '2025-12-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' }, isLasting: true },
      { name: '2026-01', cut: { field: 't', from: '2026-01-01T00:00:00.000Z', to: null }, isLasting: false },
    ])
    for (const oldest of [now - 1000, now + 86_400_000])
      expect(monthPlans('t', oldest, now)).toEqual([{ name: 'all', cut: null, isLasting: false }])
  })

  it('tell a row that does not belong', () => {
    const cut = { field: 't', from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' }
    for (const t of ['2026-01-01T00:00:00.000+00:00', '2026-02-01T00:00:00.000+00:00', 'no time', undefined])
      expect(strangeRow({ t }, cut, {})).toBeUndefined()
    expect(strangeRow({ t: '2025-12-31T23:59:59.999+00:00' }, cut, {})).toContain('t is 2025-12-31')
    expect(strangeRow({ t: '2026-02-01T00:00:00.001+00:00' }, cut, {})).toContain('t is 2026-02-01')
    expect(strangeRow({ status: 'ACTIVATED' }, null, { status: 'DELETED' })).toBe('status is "ACTIVATED", "DELETED" was requested')
  })
})

describe('proxies and TLS', () => {
  const node20 = { version: 'v20.19.0', options: [], knowsProxyOption: false }
  const node24 = { version: 'v24.0.0', options: [], knowsProxyOption: false }
  const node22 = { version: 'v22.21.0', options: [], knowsProxyOption: true }
  const check =
    (env: Record<string, string>, runtime = node20) =>
    () =>
      checkSurroundings(env, ['acme.freshdesk.com'], runtime)

  it('TLS is never off', () => {
    expect(check({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_TLS_REJECT_UNAUTHORIZED')
    expect(check({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow()
  })

  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])(
    '%s is not passed over in silence',
    name => {
      expect(check({ [name]: 'http://proxy.test:3128' })).toThrow(
        `${name} is set, but Node v20.19.0 would connect to acme.freshdesk.com directly`,
      )
      expect(check({ [name]: 'http://proxy.test:3128', NODE_USE_ENV_PROXY: '1' })).toThrow('directly')
      expect(check({ [name]: 'http://proxy.test:3128' }, node24)).toThrow('directly')
    },
  )

  it('a proxy that the runtime honours is fine', () => {
    const proxy = { HTTPS_PROXY: 'http://proxy.test:3128' }
    expect(check({ ...proxy, NODE_USE_ENV_PROXY: '1' }, node24)).not.toThrow()
    expect(check({ ...proxy, NODE_USE_ENV_PROXY: '1' }, node22)).not.toThrow()
    expect(check({ ...proxy, NODE_OPTIONS: '--use-env-proxy' }, node22)).not.toThrow()
    expect(check({ ...proxy, NODE_USE_ENV_PROXY: '1', NODE_OPTIONS: '--no-use-env-proxy' }, node22)).toThrow('directly')
    expect(check({ ALL_PROXY: 'http://proxy.test:3128', NODE_USE_ENV_PROXY: '1' }, node24)).toThrow('Node does not read it')
  })

  it.each(['acme.freshdesk.com', '.freshdesk.com', 'freshdesk.com', '*.freshdesk.com', '*', 'x.test, acme.freshdesk.com:443'])(
    'NO_PROXY=%s lets it go direct',
    exceptions => {
      expect(check({ HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: exceptions })).not.toThrow()
    },
  )

  it.each(['esk.com', 'acme.freshdesk.com.test', 'other.freshdesk.com', ''])('NO_PROXY=%s does not', exceptions => {
    expect(check({ HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: exceptions })).toThrow('directly')
  })
})

describe('an attempt', () => {
  const never = new AbortController().signal
  const fails = (url: string) => attempt(new URL(url), {}, 5000, never).catch((error: unknown) => error)

  it('that TLS ends is not made again, one that nobody hears is', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await fails(`https://127.0.0.1:${port}/`)).toMatchObject({
      name: 'Unanswered',
      isPassing: false,
      message: expect.stringContaining('the TLS connection was refused: ERR_SSL'),
    })
    await new Promise(resolve => server.close(resolve))
    expect(await fails(`http://127.0.0.1:${port}/`)).toMatchObject({
      name: 'Unanswered',
      isPassing: true,
      message: 'the connection was refused (ECONNREFUSED)',
    })
  })
})

describe('lines', () => {
  const event = {
    kind: 'walked',
    source: 'freshdesk',
    entity: 'agents',
    part: 'all',
    walk: 1,
    pages: 2,
    of: 6,
    rows: 200,
    rowsPerSecond: 99.96,
    millisecondsLeft: 240_000,
    isDone: false,
    isKept: false,
  } as const

  it('say how far a walk is', () => {
    expect(eventLine(event)).toBe('freshdesk agents: 2 of 6 pages, 200 rows, 100.0 rows/s, 4 min left')
    expect(eventLine({ ...event, walk: 2 })).toBe('freshdesk agents, walk 2: 2 of 6 pages, 200 rows, 100.0 rows/s, 4 min left')
    expect(eventLine({ ...event, of: undefined, millisecondsLeft: undefined })).toBe('freshdesk agents: 2 pages, 200 rows, 100.0 rows/s')
    expect(eventLine({ ...event, part: 'deleted', isDone: true })).toBe('freshdesk agents (deleted): 2 pages, 200 rows, complete')
    expect(eventLine({ ...event, isDone: true, isKept: true })).toBe('freshdesk agents: 2 pages, 200 rows, read by an earlier run')
  })

  it('say how long something takes', () => {
    expect([1, 45_000, 89_100, 540_000, 7_500_000].map(duration)).toEqual(['1 s', '45 s', '2 min', '9 min', '2 h 5 min'])
  })
})
