import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

const long = 'x'.repeat(64)
// 63 letters, but more bytes: PostgreSQL would truncate it.
const wide = `${'ü'.repeat(32)}${'x'.repeat(31)}`

describe('a name that is longer than 63 bytes', () => {
  let database: FreshDatabase
  let project: Fixture
  beforeAll(async () => {
    database = await freshDatabase({ migrate: false })
    project = await fixture({
      [`models/${long}.sql`]: "{{ config(materialized='table') }} select 1 as id",
      'models/below.sql': `select id from {{ ref('${long}') }}`,
      'models/short.sql': 'select 2 as id',
      [`seeds/${wide}.csv`]: 'a\n1\n',
      'models/_models.yml': `models:\n  - {name: "${long}", columns: [{name: id, data_tests: [unique]}]}\n`,
    })
  })
  afterAll(async () => {
    await database.drop()
    await project.remove()
  })
  const relations = async () =>
    (await database.sql<{ name: string }[]>`select relname as name from pg_class where relnamespace = 'public'::regnamespace`).map(
      ({ name }) => name,
    )

  it('fails its node alone, and skips what reads it', async () => {
    const { status, by, project: parsed } = await buildFixture(database.sql, project.dir)
    expect(status).toBe('failed')
    expect(by[long]).toMatchObject({ status: 'error', message: `The relation name '${long}' has 64 bytes, PostgreSQL takes 63` })
    expect(by[wide]).toMatchObject({ status: 'error', message: `The relation name '${wide}' has 95 bytes, PostgreSQL takes 63` })
    expect(by.below).toMatchObject({ status: 'skipped', because: `model.shop.${long}` })
    expect(by.short).toMatchObject({ status: 'success' })
    // Reported before anything runs.
    expect(parsed.warnings.map(({ message }) => message)).toEqual([by[long]!.message, by[wide]!.message])
  })

  it('is no matter to a build that does not make it, and the others stay with --no-atomic', async () => {
    expect((await buildFixture(database.sql, project.dir, { select: ['short'] })).status).toBe('published')
    await database.sql`drop view short`
    const { code, stdout } = await perform(command => buildCommand(command, { types: ['model', 'seed'], loads: false }), {
      url: database.url,
      dir: project.dir,
      name: 'run',
      options: { atomic: false },
    })
    expect([code, await relations()]).toEqual([1, ['short']])
    expect(stdout).toContain(`Error in model ${long} (models/${long}.sql:1:1)`)
  })
})
