import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../run/base/codeframe.ts'
import type { ProjectErrors } from '../../run/base/errors.ts'
import { refuseUnmigrated } from '../../run/feed/declared-columns.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'

describe('what is declared and the migrations', () => {
  let database: FreshDatabase
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())

  it('are one', async () => {
    await refuseUnmigrated(database.sql)
  })

  it('a field without a column is shown where it is declared', async () => {
    await database.sql`alter table core.budgets rename column name to title`
    const said = await refusal()
    expect(said).toContain("The field 'name' of budgets is declared, but core.budgets has no such column")
    expect(said).toMatch(/loaders\/entities\/budgets\.yml:\d+:3/)
    expect(said).toContain('Add it in a new file in migrations/.')
    await database.sql`alter table core.budgets rename column title to name`
  })

  it('so is an entity without a table', async () => {
    await database.sql`alter table raw.budgets rename to spending`
    const said = await refusal()
    expect(said).toContain("The entity 'budgets' is declared, but there is no table raw.budgets")
    expect(said).toContain('loaders/entities/budgets.yml:1')
    await database.sql`alter table raw.spending rename to budgets`
  })

  async function refusal(): Promise<string> {
    const error = await refuseUnmigrated(database.sql).then(
      () => undefined,
      (error: ProjectErrors) => error,
    )
    return formatProblem(error!, file => readFileSync(join(projectDir, file), 'utf8'))
  }
})
