import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROPERTY_TIMEOUT } from './property.ts'
import { feedOf } from './rules/by-hand.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

// Pages that a source or a proxy returns instead of records, seen or possible.
const pages: Record<string, unknown> = {
  'asks for a login': { require_login: true },
  'says a status': { status: 429 },
  'says a message': { message: 'Too many requests', code: 'rate_limited' },
  'says errors': { description: 'Access denied', errors: [{ code: 'access_denied' }] },
  'is null': null,
  'is true': true,
  'is a number': 503,
  'is a text': '"Unauthorized"',
  'is an empty object': {},
  'holds an empty object': [{}],
  'holds nulls': [null, null],
  'holds numbers': [1, 2, 3],
  'holds keys alone': [{ id: 1 }, { id: 2 }],
  'holds errors': { items: [{ error: 'upstream timeout' }] },
  'is an error with an id': { id: 'req-77', message: 'internal error' },
  'is empty beside its errors': { results: [], errors: [{ code: 500 }] },
  'is empty beside its error, a level deeper': { data: { agents: [], error: 'timeout' } },
  'has records of another feed': { results: [{ id: 'BGT1', uuid: 'bgt_1', currentPeriod: { limit: 5 } }] },
  'has records of another stream': [{ type: 'RECORD', stream: 'tickets', record: { id: 1, subject: 'x' } }],
  'is a message of a protocol': { type: 'TRACE', trace: { type: 'ERROR', error: { message: 'x' } } },
  'is HTML': '<!doctype html><html><body>Bad gateway</body></html>',
  'is nothing at all': '',
  'is white space': ' \n\n',
  'ends early': '[{"id":1,"contact":{"name":"A"},"ticket_scope":1},{"id":',
  'is no JSON': 'upstream connect error or disconnect/reset before headers',
  'is a gzip by another name': gzipSync('[]').toString('latin1'),
}

const at = '2026-01-01T08:00:00Z'
const agent = (id: number) => ({
  id,
  contact: { name: `Agent ${id}`, email: `a${id}@example.com` },
  ticket_scope: 1,
  type: 'support_agent',
  created_at: at,
})
const group = (id: number, members: number[]) => ({ id, name: `Group ${id}`, description: 'x', agent_ids: members, created_at: at })
const role = (id: number) => ({ id, name: `Role ${id}`, description: 'x', default: false, created_at: at })
const details = (id: number) => ({ ...agent(id), group_ids: [501], role_ids: [601, 602] })

// Each entity of each day in two pages; details in a file per agent.
const day = (batch: string): Record<string, unknown> => ({
  [`${batch}/agents/1.json`]: [1, 2, 3].map(agent),
  [`${batch}/agents/2.json`]: { results: [4, 5].map(agent) },
  [`${batch}/admin_groups/1.json`]: [group(501, [1, 2, 3])],
  [`${batch}/admin_groups/2.json`]: [group(502, [4, 5])],
  [`${batch}/roles/1.json`]: [role(601)],
  [`${batch}/roles/2.json`]: [role(602)],
  [`${batch}/agent_details/1.json`]: details(1),
  [`${batch}/agent_details/2.json`]: details(2),
})
const days = ['sync-2026-01-05', 'sync-2026-01-06', 'sync-2026-01-07']
const feed: Record<string, unknown> = Object.assign({}, ...days.map(day))

describe('a page that is no page of records, whatever it is and wherever it stands', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith()
    warehouse = await project.warehouse()
    await warehouse.deliver(feedOf(feed))
    await warehouse.build()
  })
  afterAll(async () => {
    await warehouse?.drop()
    await project?.remove()
  })

  // One lost page per entity and day, so that none hides another: each kind occurs somewhere in each run.
  const places = days.slice(1).flatMap(batch => ['agents', 'admin_groups', 'roles', 'agent_details'].map(entity => `${batch}/${entity}`))
  const losses = fc.tuple(
    fc.shuffledSubarray(Object.keys(pages), { minLength: Object.keys(pages).length }),
    fc.array(fc.constantFrom(1, 2), { minLength: places.length, maxLength: places.length }),
  )

  it(
    'makes nobody inactive, and nobody leaves a group or loses a role',
    async () => {
      const before = await known()
      const property = fc.asyncProperty(losses, async ([kinds, files]) => {
        for (let first = 0; first < kinds.length; first += places.length) {
          const lost = kinds.slice(first, first + places.length).map((kind, i) => ({ path: `${places[i]}/${files[i]}.json`, kind }))
          await warehouse.deliver(feedOf({ ...feed, ...Object.fromEntries(lost.map(({ path, kind }) => [path, pages[kind]])) }))
          await warehouse.build()
          expect(await known(), lost.map(({ path, kind }) => `${path} ${kind}`).join(', ')).toEqual(before)
          expect(await warehouse.sql`select * from ops.file_accounting where records != staged + quarantined + duplicates`).toEqual([])
        }
      })
      await fc.assert(property, { numRuns: Number(process.env.PROPERTY_RUNS ?? 1), endOnFailure: true })
    },
    PROPERTY_TIMEOUT,
  )

  it('and as every page of a day', async () => {
    const before = await known()
    for (const kind of ['asks for a login', 'is null', 'is nothing at all']) {
      const replaced = Object.fromEntries(Object.keys(day(days[2] as string)).map(path => [path, pages[kind]]))
      await warehouse.deliver(feedOf({ ...feed, ...replaced }))
      await warehouse.build()
      expect(await known(), kind).toEqual(before)
    }
  })

  async function known() {
    const { sql } = warehouse
    return {
      agents: [...(await sql`select agent_id, is_active from core.agents order by 1`)],
      inactive: [...(await sql`select agent_id, sync_date from core.agent_status_history where not is_active`)],
      members: [...(await sql`select agent_id, group_id from core.group_membership order by 1, 2`)],
      roles: [...(await sql`select agent_id, role_id from core.agent_role_mapping order by 1, 2`)],
      removed: [...(await sql`select agent_id, role_id from core.agent_role_history where action = 'removed'`)],
    }
  }
})
