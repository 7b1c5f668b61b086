import { describe, expect, it } from 'vitest'
import { statementOf, verdictOf } from '../../run/check/data-tests.ts'
import type { TestQuery } from '../../run/check/test-query.ts'

const check = (sql: string, more: Partial<TestQuery> = {}): TestQuery => ({
  sql,
  failCalc: 'count(*)',
  warnIf: '!= 0',
  errorIf: '!= 0',
  limit: null,
  ...more,
})

describe('verdictOf', () => {
  it.each([
    ['error', true, true, false, 'fail'],
    ['ERROR', true, true, false, 'fail'],
    ['error', true, false, false, 'warn'],
    ['error', false, true, false, 'fail'],
    ['error', false, false, false, 'pass'],
    ['warn', true, true, false, 'warn'],
    ['warn', false, true, false, 'pass'],
    ['warn', true, false, true, 'fail'],
  ] as const)('severity %s, should warn %s, should error %s, --warn-error %s: %s', (severity, warn, error, warnError, verdict) =>
    expect(verdictOf(severity, warn, error, warnError)).toBe(verdict),
  )
})

describe('statementOf', () => {
  const nulls = (column: string, more = {}) =>
    check(`select *\nfrom "db"."core"."agents"\nwhere ${column} is null`, {
      claim: { kind: 'not_null', relation: '"db"."core"."agents"', column },
      ...more,
    })

  it('counts the missing values of several columns of a relation in one scan', () => {
    const sql = statementOf([nulls('name'), nulls('"email"'), check('select 1')])
    expect(sql.match(/from "db"/g)).toHaveLength(1)
    expect(sql).toContain('count(*) filter (where name is null) as n0')
    expect(sql).toContain('(1, n1::text, n1 != 0, n1 != 0)')
    expect(sql.match(/union all/g)).toHaveLength(1)
  })

  it('leaves alone what is not that plain', () => {
    const sql = statementOf([
      nulls('name'),
      nulls('x', { limit: 1 }),
      nulls('x', { failCalc: 'sum(n)' }),
      check('select * from (select * from "a" where b) dbt_subquery where x is null'),
    ])
    expect(sql).not.toContain('filter')
    expect(sql).toContain('limit 1\n) dbt_internal_test')
    expect(sql).toContain('sum(n) != 0 as should_warn')
  })
})
