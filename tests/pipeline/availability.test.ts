import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { feedOf, person } from './rules/by-hand.ts'
import { feedSeeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

const agentId = 11100000001
const reading = (channel: string, available: boolean, at: string, load: number, limit: number) => ({
  channel,
  available,
  availability_updated_at: `2026-01-05T${at}Z`,
  assignment_limit: limit,
  current_assignment_load: load,
  logged_in: true,
  status_id: 7,
})
const details = (channel: string, fields: object = {}) => ({
  ...person(agentId, 'Ana Novak', { role_ids: [] }),
  availability: [{ channel, available: false, available_since: '2026-01-05T07:00:00.000Z' }],
  ...fields,
})
const day = {
  'sync-2026-01-05/agents.json': [person(agentId, 'Ana Novak')],
  'sync-2026-01-05/agent_details/11100000001.json': details('ticket'),
  'sync-2026-01-05/agent_availability/11100000001.json': {
    agent_ref: `https://acme.example.test/agents/${agentId}`,
    channel_availability: [reading('Email queue', true, '20:05:35', 2, 10), reading('Messaging queue', false, '20:05:15', 0, 3)],
  },
}

describe('availability, as it is read for each agent', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith(feedSeeds)
    warehouse = await project.warehouse()
  })
  afterAll(async () => {
    await warehouse?.drop()
    await project?.remove()
  })

  const rows = (query: string) => warehouse.sql.unsafe(query).values()
  const publish = async (feed: Record<string, unknown>) => {
    await warehouse.deliver(feedOf(feed))
    await warehouse.build()
    expect(compare(expectedWarehouse(feedOf(feed), feedSeeds), await snapshot(warehouse.sql))).toEqual([])
  }
  const channels = () =>
    rows(`
      select channel, is_available, current_load, assignment_limit, available_since at time zone 'UTC', observed_on, source
      from core.agent_availability order by channel
    `)

  it('stands before that of the details of its batch', async () => {
    await publish(day)
    const since = (at: string) => `2026-01-05T${at}`
    expect(await channels()).toEqual([
      ['Email queue', true, 2, 10, since('20:05:35'), '2026-01-05', 'sync-2026-01-05'],
      ['Messaging queue', false, 0, 3, since('20:05:15'), '2026-01-05', 'sync-2026-01-05'],
    ])
  })

  it('gives way to details of a later day, and not to those that list no channels', async () => {
    const later = { ...day, 'sync-2026-01-06/agent_details/11100000001.json': details('ticket', { availability: undefined }) }
    await publish(later)
    expect((await channels()).map(([channel]) => channel)).toEqual(['Email queue', 'Messaging queue'])
    await publish({ ...later, 'sync-2026-01-07/agent_details/11100000001.json': details('chat') })
    expect((await channels()).map(([channel]) => channel)).toEqual(['chat'])
  })

  it('of a list form that is not known is refused with a word, and of nobody that another feed knows gives a warning', async () => {
    await warehouse.deliver(
      feedOf({
        'sync-2026-01-08/agent_availability/1.json': [{ id: agentId, user_data: { user: { id: agentId, name: 'Ana Novak' } } }],
        'sync-2026-01-08/agent_availability/2.json': [{ id: 99, channel_availability: [reading('Email queue', true, '20:05:35', 0, 1)] }],
      }),
    )
    await warehouse.build()
    const [[reason] = []] = await rows("select reason from ops.files where status = 'refused'")
    expect(reason).toContain(
      "has the fields 'id', 'user_data'; a record of agent_availability has id or agent_ref and fields such as channel",
    )
    expect(reason).toContain('the list that ?only=availability gives is not taken')
    expect(
      await rows(`
        select agent_id, severity, error_type, field, file from errors.agent_pipeline_errors
        where source = 'sync-2026-01-08' and error_type <> 'refused_file'
      `),
    ).toEqual([['99', 'warning', 'unknown_agent', 'id', 'sync-2026-01-08/agent_availability/2.json']])
    expect((await channels()).map(([channel]) => channel)).toEqual(['chat'])
  })
})

describe('roles of agents whose details say nothing of them', () => {
  it('are those of the agents list; a run that the first list shows has no known start', async () => {
    const project = await projectWith(feedSeeds)
    const warehouse = await project.warehouse()
    const roles = [1, 2, 3].map(id => ({ id, name: `Role ${id}`, description: 'x', default: false }))
    const feed = feedOf({
      'sync-2026-01-05/roles.json': roles,
      // Bo's second list has an unreadable element: the missing role means nothing.
      'sync-2026-01-05/agents.json': [person(1, 'Ana Novak', { role_ids: [1] }), person(2, 'Bo Lind', { role_ids: [1] })],
      'sync-2026-01-06/agents.json': [person(1, 'Ana Novak', { role_ids: [1, 2] }), person(2, 'Bo Lind', { role_ids: ['x'] })],
      'sync-2026-01-06/agent_details/1.json': person(1, 'Ana Novak'),
      // Where the details have roles, even unreadable ones, the list does not count.
      'sync-2026-01-07/agents.json': [person(1, 'Ana Novak', { role_ids: [] })],
      'sync-2026-01-07/agent_details/1.json': person(1, 'Ana Novak', { role_ids: null }),
      'sync-2026-01-08/agents.json': [person(1, 'Ana Novak', { role_ids: [1] })],
      'sync-2026-01-08/agent_details/1.json': person(1, 'Ana Novak', { role_ids: [2, 3] }),
    })
    try {
      // In another order than by day.
      for (const batch of [feed[3]!, feed[0]!, feed[2]!, feed[1]!]) {
        await warehouse.deliver([batch])
        await warehouse.build()
      }
      expect(
        await warehouse.sql
          .unsafe(`select agent_id, role_id, action, action_at::date, is_from_start from core.agent_role_history order by 1, 2, 4`)
          .values(),
      ).toEqual([
        ['1', '1', 'assigned', '2026-01-05', true],
        ['1', '1', 'removed', '2026-01-08', true],
        ['1', '2', 'assigned', '2026-01-06', false],
        ['1', '3', 'assigned', '2026-01-08', false],
        ['2', '1', 'assigned', '2026-01-05', true],
      ])
      expect(compare(expectedWarehouse(feed, feedSeeds), await snapshot(warehouse.sql))).toEqual([])

      // Without the first day the next one is the first.
      await warehouse.withdraw(['sync-2026-01-05'])
      await warehouse.build()
      const left = feed.filter(({ name }) => name !== 'sync-2026-01-05')
      expect(compare(expectedWarehouse(left, feedSeeds), await snapshot(warehouse.sql))).toEqual([])
    } finally {
      await warehouse.drop()
      await project.remove()
    }
  })
})
