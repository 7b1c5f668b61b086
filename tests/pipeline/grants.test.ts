import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture
const suffix = randomBytes(3).toString('hex')
const [reader, auditor] = [`reader_${suffix}`, `auditor_${suffix}`]

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  await database.sql.unsafe(`create role ${reader}; create role ${auditor}`)
  project = await fixture({ 'seeds/rates.csv': 'a\n1\n' })
})
afterAll(async () => {
  await database.sql.unsafe(`drop owned by ${reader}, ${auditor}; drop role ${reader}; drop role ${auditor}`)
  await database.drop()
  await project.remove()
})

const run = (options = {}) => buildFixture(database.sql, project.dir, options)
const model = (grants: string, query = 'select 1 as a') => ({
  'models/t.sql': `{{ config(materialized='table', grants=${grants}) }} ${query}`,
})

async function grantsOn(name: string): Promise<string[]> {
  const rows = await database.sql<{ line: string }[]>`
    select lower(acl.privilege_type) || ' ' || case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end as line
    from pg_class cross join aclexplode(relacl) as acl
    where oid = to_regclass(${name}) and acl.grantee != relowner
    order by 1
  `
  return rows.map(row => row.line)
}

describe('grants', () => {
  it('gives what is listed, and revokes what is listed no longer', async () => {
    await project.write(model(`{'select': ['${reader}', '${auditor}'], 'insert': '${auditor}'}`))
    expect((await run()).status).toBe('published')
    expect(await grantsOn('t')).toEqual([`insert ${auditor}`, `select ${auditor}`, `select ${reader}`])
    await project.write(model(`{'select': ['${reader}']}`))
    await run()
    expect(await grantsOn('t')).toEqual([`select ${reader}`])
    await project.write(model(`{'select': []}`))
    await run()
    expect(await grantsOn('t')).toEqual([])
  })

  it('holds also for a table made anew, for views and seeds; + of a folder adds', async () => {
    await project.write({
      ...model(`{'+select': ['${auditor}']}`, "select 1 as a, 'x' as b"),
      'models/v.sql': 'select 1 as a',
      'dbt_project.yml': `name: shop\nmodels:\n  +grants: {select: ['${reader}']}\nseeds:\n  +grants: {select: public}\n`,
    })
    expect((await run()).status).toBe('published')
    expect(await grantsOn('t')).toEqual([`select ${auditor}`, `select ${reader}`])
    expect(await grantsOn('v')).toEqual([`select ${reader}`])
    expect(await grantsOn('rates')).toEqual(['select public'])
  })

  it('without grants leaves what there is', async () => {
    await project.write({ ...model('{}'), 'dbt_project.yml': 'name: shop\n' })
    await run()
    expect(await grantsOn('t')).toEqual([`select ${auditor}`, `select ${reader}`])
  })

  it('an unknown role or privilege is an error that publishes nothing', async () => {
    await project.write(model("{'select': ['raeder']}"))
    expect((await run()).by.t).toMatchObject({ status: 'error', message: expect.stringContaining('no such role') })
    await project.write(model(`{'selct': ['${reader}']}`))
    const { by, printed } = await run()
    expect(by.t?.message).toContain("Unknown privilege 'selct'")
    expect(printed).toContain("Did you mean 'select'?")
  })
})
