import { describe, expect, it } from 'vitest'
import type { Rendered } from '../../run/base/codeframe.ts'
import { explainRefusal } from '../../run/citus/error-hints.ts'
import { ofNode } from '../../run/citus/health.ts'
import { placementOf } from '../../run/citus/placement.ts'
import { createDoubts } from '../../run/citus/uncertain-commit.ts'
import { refuseInlined, refuseVolatile } from '../../run/citus/unsupported-sql.ts'
import type { Notice } from '../../run/database/driver.ts'
import type { Config, Node } from '../../run/manifest/node.ts'

const node = (config: Config = {}) => ({ name: 'agents', config, place: { file: 'models/agents.sql' } }) as Node
const query = (text: string) =>
  ({ text, placeAt: (offset: number) => ({ file: 'models/agents.sql', line: 1, column: offset + 1 }) }) as Rendered

describe('placement', () => {
  it('is a plain table without config, and distributed before reference', () => {
    expect(placementOf(node())).toBeUndefined()
    expect(placementOf(node({ reference: true }))).toEqual({ kind: 'reference' })
    expect(placementOf(node({ reference: true, distributed_by: 'agent_id', shard_count: 8 }))).toEqual({
      kind: 'distributed',
      column: 'agent_id',
      colocateWith: null,
      shardCount: 8,
    })
  })

  it('refuses two words on the number of shards', () => {
    expect(() => placementOf(node({ distributed_by: 'a', colocate_with: 'core.b', shard_count: 8 }))).toThrow(/both colocate_with/)
  })
})

describe('settings of a node', () => {
  const good = { TimeZone: 'Etc/UTC', max_prepared_transactions: '300', wal_level: 'logical' }
  const told = (settings: Partial<typeof good>) => ofNode('w1:5432', new Map(Object.entries({ ...good, ...settings })))

  it('that are right are not told', () => {
    expect(told({})).toEqual([])
  })

  it.each([
    [{ TimeZone: 'Europe/Berlin' }, true, /time zone of w1:5432 is Europe\/Berlin/, /set timezone = 'UTC'/],
    [{ max_prepared_transactions: '0' }, true, /max_prepared_transactions of w1:5432 is 0/, /max_prepared_transactions = 300; and restart/],
    [{ max_prepared_transactions: '10' }, false, /is 10/, /max_prepared_transactions = 300/],
    [{ wal_level: 'replica' }, false, /wal_level of w1:5432 is replica/, /wal_level = logical; and restart/],
  ])('%j', (settings, isFatal, message, hint) => {
    const [complaint, ...others] = told(settings)
    expect(others).toEqual([])
    expect(complaint).toMatchObject({ isFatal, message: expect.stringMatching(message), hint: expect.stringMatching(hint) })
  })
})

describe('SQL that a cluster would answer wrongly', () => {
  it.each(['select now()', 'select CURRENT_TIMESTAMP', 'select random ()', 'select gen_random_uuid()'])('%s', text => {
    expect(() => refuseVolatile(node(), query(text))).toThrow(/a different value on each node/)
  })

  it('is found in code alone', () => {
    for (const text of ["select 'now()'", 'select 1 -- now()', 'select "random" from t', '/* now() */ select knows(1)'])
      expect(() => refuseVolatile(node(), query(text))).not.toThrow()
  })

  it('not materialized', () => {
    expect(() => refuseInlined(node(), query('with a as not\nmaterialized (select 1) select 1'))).toThrow(/wrongly/)
    expect(() => refuseInlined(node(), query("with a as materialized (select 'not materialized') select 1"))).not.toThrow()
    expect(() => refuseInlined(node(), query('with a as not materialized /* apart */ (select 1) select 1'))).not.toThrow()
    expect(() => refuseInlined(node(), query('with a as not materialized /* fast */ (select 1) select 1'))).toThrow(/wrongly/)
  })
})

it('tells the rule for what Citus refuses, and nothing for an error of PostgreSQL', () => {
  const refused = (message: string, code = '0A000') => explainRefusal(Object.assign(new Error(message), { code }))
  expect(refused('complex joins are only supported when all distributed tables are co-located')).toMatch(/distribution column/)
  expect(refused('correlated subqueries are not supported when the FROM clause contains a CTE or subquery')).toMatch(
    /Replace the correlated subquery/,
  )
  expect(refused('cannot modify table "agents" because there was a parallel operation on a distributed table', 'XX000')).toMatch(
    /before distributed/,
  )
  expect(refused('division by zero', '22012')).toBeUndefined()
})

it('holds a commit in doubt that only a warning tells of', () => {
  const doubts = createDoubts()
  doubts.onNotice({ message: 'something else' } as Notice)
  doubts.check()
  doubts.onNotice({ message: 'failed to commit transaction on 127.0.0.1:9702' } as Notice)
  expect(() => doubts.check()).toThrow(/127\.0\.0\.1:9702 may not show it/)
})
