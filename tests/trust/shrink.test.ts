import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Feed } from '../pipeline/rules/feed.ts'
import { feedSeeds } from '../pipeline/rules/feeds.ts'
import { compare, snapshot } from '../pipeline/rules/snapshot.ts'
import { expectedWarehouse } from '../pipeline/rules/warehouse.ts'
import { projectWith, rowsTouched, type Warehouse } from '../pipeline/warehouse.ts'

describe('the delete guard (R5)', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith(feedSeeds)
    warehouse = await project.warehouse()
  })
  afterAll(async () => {
    await warehouse.drop()
    await project.remove()
  })

  const active = async () =>
    (await warehouse.sql`select agent_id::int as id from core.agents where is_active order by 1`).map(row => row.id)
  const days = async () => (await warehouse.sql`select distinct source from core.agent_status_history order by 1`).map(row => row.source)
  const warnings = async () =>
    (
      await warehouse.sql`
      select source, error_message from errors.agent_pipeline_errors
      where error_type = 'incomplete_snapshot' and resolved_at is null order by source`
    ).map(row => `${row.source}: ${row.error_message}`)

  const feed: Feed = [
    agents('sync-day1', 10),
    agents('sync-day2', 4),
    agents('sync-day3', 9),
    agents('sync-day5', 5),
    agents('sync-day6', 2),
  ]
  const expected = (vars = {}) => expectedWarehouse(feed, feedSeeds, vars)

  it('holds back a snapshot that lists too few of the one before it that takes part, with the numbers', async () => {
    for (const batches of [feed.slice(0, 2), feed.slice(2)]) {
      await warehouse.deliver(batches)
      await warehouse.build()
    }
    expect(await active()).toEqual([1, 2, 3, 4, 5])
    expect(await days()).toEqual(['sync-day1', 'sync-day3', 'sync-day5'])
    expect(await warnings()).toEqual([
      'sync-day2: it lists 4 where sync-day1 listed 10, less than min_snapshot_ratio 0.5; build --accept-shrink takes it as it is: agents missing from it are not treated as removed',
      'sync-day6: it lists 2 where sync-day5 listed 5, less than min_snapshot_ratio 0.5; build --accept-shrink takes it as it is: agents missing from it are not treated as removed',
    ])
    expect(compare(expected(), await snapshot(warehouse.sql))).toEqual([])
  })

  it('takes it with --accept-shrink, which later builds and full refreshes remember', async () => {
    const definition = await warehouse.sql`select fingerprint from ops.nodes where unique_id like '%.snapshots'`
    await warehouse.build({ acceptShrink: true })
    expect(await active()).toEqual([1, 2])
    // The option does not change the model's definition, or everything below it would be rebuilt.
    expect(await warehouse.sql`select fingerprint from ops.nodes where unique_id like '%.snapshots'`).toEqual(definition)
    expect(await warnings()).toEqual([])
    const accepted = expected({ min_snapshot_ratio: '0' })
    expect(compare(accepted, await snapshot(warehouse.sql))).toEqual([])
    expect(await warehouse.sql`select batch, entity, before::int, listed::int from ops.accepted_shrinks order by 1`).toEqual([
      { batch: 'sync-day2', entity: 'agents', before: 10, listed: 4 },
      { batch: 'sync-day6', entity: 'agents', before: 5, listed: 2 },
    ])

    expect(rowsTouched(await warehouse.build())).toBe(0)
    expect(rowsTouched(await warehouse.build({ fullRefresh: true }))).toBe(0)
    expect(compare(accepted, await snapshot(warehouse.sql))).toEqual([])
  })

  it('accepts what is there, not what comes', async () => {
    await warehouse.deliver([agents('sync-day7', 4), agents('sync-day8', 0, 1)])
    await warehouse.build()
    expect(await active()).toEqual([1, 2, 3, 4])
    expect(await warnings()).toHaveLength(1)
  })
})

/** A batch that lists the agents 1 to `count`, and so many others. */
function agents(name: string, count: number, others = 0): Feed[number] {
  const ids = [...Array(count).keys()].map(index => index + 1).concat([...Array(others).keys()].map(index => 1000 + index))
  const content = JSON.stringify(ids.map(id => ({ id, contact: { name: `Agent ${id}` } })))
  return { name, files: [{ entity: 'agents', path: `${name}/agents/1.json`, content }] }
}
