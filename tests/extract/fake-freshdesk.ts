import type { Desk, Row } from './data.ts'
import { type Reply, reply, spoilers } from './faults.ts'
import { type Call, type FakeOptions, type FakeServer, startFake } from './server.ts'

/** A fake Freshdesk API over `desk`, which may change at any time. */
export interface FakeFreshdesk extends FakeServer {
  desk: Desk
  /** Calls beyond the quota of the minute. */
  over: number
  /** Calls per minute by other users of the account. */
  others: number
}

/** Starts one. `limit`: calls a minute, by the clock of the test. */
export async function startFreshdesk(
  desk: Desk,
  { limit = 100_000, ...options }: Omit<FakeOptions, 'answer' | 'base'> & { limit?: number },
): Promise<FakeFreshdesk> {
  const base = '/api/v2'
  const basic = `Basic ${Buffer.from(`${options.secret}:X`).toString('base64')}`
  const fake: FakeFreshdesk = Object.assign(await startFake({ ...options, base, answer }), { desk, over: 0, others: 0 })
  return fake

  function answer(call: Call): Reply {
    const now = options.now()
    const used = fake.others + fake.calls.filter(({ at }) => at > now - 60_000).length
    const quota = {
      'x-ratelimit-total': `${limit}.0`,
      'x-ratelimit-remaining': String(Math.max(0, limit - used)),
      'x-ratelimit-used-currentrequest': '1',
    }
    if (used > limit) {
      fake.over += 1
      return { ...spoilers['429-seconds'](), headers: { 'retry-after': '30', ...quota } }
    }
    const { headers, ...rest } = route(call)
    return { ...rest, headers: { ...quota, ...headers } }
  }

  function route(call: Call): Reply {
    if (call.headers.authorization !== basic) return spoilers['401']()
    if (call.method !== 'GET') return reply(405, { message: `${call.method} method is not allowed` })
    const { path, query } = call
    const [, id, rest] = /^\/agents\/([^/]+)(\/availability)?$/.exec(path) ?? []
    if (path === '/roles') return page(fake.desk.roles, call)
    if (path === '/admin/groups') return page(fake.desk.admin_groups, call)
    if (path === '/agents' && !query.has('only')) return page(fake.desk.agents, call)
    if (path === '/agents') return page(fake.desk.agents.map(userOf), call)
    if (path === '/agents/me') return one([...fake.desk.details.values()][0])
    if (id === undefined || id === 'availability') return spoilers['404']()
    const detail = fake.desk.details.get(id)
    if (!rest || !detail) return one(detail)
    const channel = { assignment_limit: 10, current_assignment_load: 0, available: true, channel: 'Email queue', logged_in: true }
    return reply(200, { agent_ref: `https://acme.freshdesk.com/agents/${id}`, channel_availability: [channel] })
  }

  function page(rows: Row[], { path, query }: Call): Reply {
    const size = Number(query.get('per_page') ?? 30)
    const number = Number(query.get('page') ?? 1)
    if (!(size >= 1 && size <= 100) || !(number >= 1)) return spoilers['400']()
    const shown = rows.slice((number - 1) * size, number * size)
    const link = `<${fake.host}${base}${path}?per_page=${size}&page=${number + 1}>; rel="next"`
    const headers = { 'content-type': 'application/json', ...(number * size < rows.length && { link }) }
    return { status: 200, headers, body: Buffer.from(`[${shown.map(({ json }) => json).join(',')}]`) }
  }

  function one(row: Row | undefined): Reply {
    return row ? { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(row.json) } : spoilers['404']()
  }
}

// The answer to `only=availability`: another shape under the same path.
function userOf({ id, fields }: Row): Row {
  const { contact } = fields as { contact: { name: string; email: string } }
  const user = {
    id: Number(id),
    user_data: { user: { id: Number(id), name: contact.name, email: contact.email, active: true, helpdesk_agent: true } },
  }
  return { id, fields: user, json: JSON.stringify(user) }
}
