import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Node } from '../../run/manifest/node.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import { projectDir } from './database.ts'
import { feedSeeds } from './rules/feeds.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
let removeProject: () => Promise<void>
let models: Node[]

beforeAll(async () => {
  const project = await projectWith(feedSeeds)
  removeProject = project.remove
  warehouse = await project.warehouse()
  await warehouse.build()
  const { nodes } = parseProject(await loadProject(projectDir))
  models = [...nodes.values()].filter(({ resourceType, schema }) => resourceType === 'model' && readable.includes(schema))
})

afterAll(async () => {
  await warehouse?.drop()
  await removeProject?.()
})

const readable = ['core', 'errors', 'marts', 'ops']

it('that YAML names are in the database, in the same order', async () => {
  expect(models.length).toBeGreaterThan(20)
  for (const { schema, alias, columns } of models) {
    const actual = await warehouse.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns
      where table_schema = ${schema} and table_name = ${alias} order by ordinal_position
    `
    const described = columns.map(({ name }) => name)
    expect(described, `${schema}.${alias}`).toEqual(actual.map(({ name }) => name).filter(name => described.includes(name)))
  }
})

it('each have a comment in the database, their own or that of the column they come from, and so do the tables', async () => {
  const actual = await warehouse.sql<{ relation: string; name: string | null; comment: string | null }[]>`
    select relnamespace::regnamespace || '.' || relname as relation, attname as name, description as comment
    from pg_class
    left join pg_description on objoid = pg_class.oid and classoid = 'pg_class'::regclass
    left join pg_attribute on attrelid = pg_class.oid and attnum = objsubid and attnum > 0
    where relnamespace::regnamespace::text in ${warehouse.sql(readable)} and relkind in ('r', 'v')
  `
  expect(actual.some(({ name }) => name === 'unassigned_for')).toBe(true)
  const comments = new Map(actual.map(({ relation, name, comment }) => [name ? `${relation}.${name}` : relation, comment]))
  for (const { schema, alias, description, columns } of models) {
    expect(comments.get(`${schema}.${alias}`), `${schema}.${alias}`).toBe(description.trim())
    const present = await warehouse.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns where table_schema = ${schema} and table_name = ${alias}
    `
    for (const { name } of present) expect(comments.get(`${schema}.${alias}.${name}`), `${schema}.${alias}.${name}`).toBeTruthy()
    for (const column of columns.filter(({ description }) => description))
      expect(comments.get(`${schema}.${alias}.${column.name}`), `${alias}.${column.name}`).toBe(column.description)
  }
})

it('of core have primary keys, and what they name has foreign keys', async () => {
  const keyless = await warehouse.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'core'::regnamespace and relkind = 'r'
      and not exists (select from pg_constraint where conrelid = pg_class.oid and contype = 'p')
  `
  expect(keyless).toEqual([])
  const loose = await warehouse.sql<{ name: string }[]>`
    select pg_class.relname || '.' || attname as name
    from pg_attribute inner join pg_class on pg_class.oid = attrelid
    where relnamespace = 'core'::regnamespace and relkind = 'r'
      and attname in ('agent_id', 'group_id', 'parent_group_id', 'role_id', 'budget_id', 'card_id', 'escalate_to_agent_id')
      and not exists (
        select from pg_constraint
        where conrelid = pg_class.oid and contype in ('p', 'f') and conkey[1] = attnum
      )
      and not exists (
        select from pg_constraint
        where conrelid = pg_class.oid and contype = 'f' and attnum = any (conkey)
      )
      -- What a card was on a day may name a budget that has been taken out since.
      and relname <> 'card_history'
  `
  expect(loose).toEqual([])
})
