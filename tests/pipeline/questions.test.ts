import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectDir } from './database.ts'
import { readSeeds } from './rules/seeds.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

const data = join(projectDir, 'data')
const sections = readFileSync(join(projectDir, 'docs/questions.md'), 'utf8')
  .split(/^## (?=\d)/m)
  .slice(1)

/** docs/questions.md: its queries, run by a read-only user, give the answers below them. */
describe('the fifteen questions', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  let warehouse: Warehouse
  beforeAll(async () => {
    project = await projectWith(readSeeds(join(projectDir, 'seeds'), data))
    await writeFile(
      join(project.dir, 'models/marts/roles_on_a_day.sql'),
      "select * from {{ ref('role_audit') }} where {{ as_of(\"date '2026-01-06'\") }}",
    )
    await writeFile(
      join(project.dir, 'models/marts/members_on_a_day.sql'),
      "select * from {{ ref('group_membership_history') }} where {{ as_of(\"date '2026-01-06'\", 'joined_on', 'left_on') }}",
    )
    warehouse = await project.warehouse()
    await warehouse.load(data)
    await warehouse.build()
  })
  afterAll(async () => {
    await warehouse?.drop()
    await project?.remove()
  })

  it('are fifteen', () => {
    expect(sections.map(section => Number.parseInt(section, 10))).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
  })

  it.each(sections.map(section => [section.split('\n')[0] ?? '', section]))('%s', async (_, section) => {
    const query = /```sql\n([\s\S]*?)```/.exec(section)?.[1] ?? ''
    const lines = section.split('\n').filter(line => line.startsWith('| '))
    const [header = [], ...answer] = lines.map(line => line.slice(2, -2).split(' | '))
    const rows = await asReader(query)
    if (lines.length === 0) expect(section).toContain('No rows in the sample.')
    else expect(Object.keys(rows[0] ?? {})).toEqual(header)
    // Their order depends on the collation of the database.
    expect(rows.map(row => Object.values(row).join(' | ')).sort()).toEqual(answer.map(row => row.join(' | ')).sort())
  })

  it('can be asked of any day, by as_of in a model and by daterange in psql alike', async () => {
    for (const [model, history, range] of [
      ['roles_on_a_day', 'marts.role_audit', 'daterange(from_date, to_date)'],
      ['members_on_a_day', 'core.group_membership_history', 'daterange(joined_on, left_on)'],
    ]) {
      const [counted] = await asReader(`
        select
            (select count(*) from marts.${model}) as in_a_model,
            (select count(*) from ${history} where ${range} @> date '2026-01-06') as in_psql,
            (select count(*) from (select * from marts.${model} except select * from ${history}) as others) as others`)
      expect(Number(counted?.in_a_model)).toBeGreaterThan(0)
      expect(counted).toMatchObject({ in_psql: counted?.in_a_model, others: '0' })
    }
  })

  it('reach no record of the landing tables', async () => {
    await expect(asReader('select * from raw.agents')).rejects.toThrow(/permission denied/)
    await expect(asReader('select * from staging.spend_kinds')).rejects.toThrow(/permission denied/)
  })

  /** The rows in text, as deskledger_reader sees them. */
  function asReader(query: string): Promise<Record<string, string>[]> {
    return warehouse.sql.begin(async sql => {
      await sql.unsafe('set local role deskledger_reader')
      const rows = await sql.unsafe<Record<string, unknown>[]>(query)
      return rows.map(row => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, text(value)])))
    })
  }
})

function text(value: unknown): string {
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  return value === null ? '' : String(value)
}
