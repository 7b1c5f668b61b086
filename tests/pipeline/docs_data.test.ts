import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docsData } from '../../run/docs/data.ts'
import { MASK } from '../../run/docs/personal.ts'
import type { DocsColumn, DocsData, DocsNode } from '../../run/docs/shape.ts'
import { feed } from '../../run/feed/extension.ts'
import type { World } from '../../run/lineage/relation.ts'
import { traceQuery } from '../../run/lineage/trace.ts'
import { loadParser } from '../../run/lineage/tree.ts'
import { parsePartly } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

async function dataOf({ sql }: Pick<FreshDatabase, 'sql'>, dir: string, role?: string): Promise<DocsData> {
  const [{ database } = { database: '' }] = await sql<{ database: string }[]>`select current_database() as database`
  const { project, errors } = parsePartly(await loadProject(dir, { target: { database } }))
  feed.describe(project)
  const session = await sql.reserve()
  if (role) await session.unsafe(`set role ${role}`)
  try {
    return await docsData(session, {
      project,
      errors,
      parts: feed.docs,
      command: 'docs generate',
      targetPath: join(dir, 'target'),
      isCompiled: true,
    })
  } finally {
    if (role) await session`reset role`
    session.release()
  }
}

const nodeOf = (data: DocsData, id: string): DocsNode => [...data.nodes, ...data.sources].find(({ uniqueId }) => uniqueId === id)!
const columnOf = (data: DocsData, id: string, name: string): DocsColumn => nodeOf(data, id).columns.find(column => column.name === name)!
const originsOf = (data: DocsData, id: string, name: string): string[] =>
  columnOf(data, id, name)
    .origins.map(index => data.lineage.fields[index]!)
    .map(({ node, column, label }) => `${node} ${column}${label && ` ${label}`}`)
    .sort()

describe('a plain dbt project', () => {
  let database: FreshDatabase
  let project: Fixture
  let data: DocsData

  beforeAll(async () => {
    database = await freshDatabase({ migrate: false })
    project = await fixture({
      'seeds/buyers.csv': 'id,name\n1,Ada\n2,Bob\n',
      'models/_sources.yml': 'sources:\n  - {name: shop, schema: public, tables: [{name: events, description: What happened.}]}\n',
      'models/buyers_kept.sql':
        "{{ config(materialized='ephemeral') }}\nselect id as buyer_id, upper(name) as name from {{ ref('buyers') }}",
      'models/orders.sql':
        "select (e.body ->> 'buyer')::int as buyer_id, e.body -> 'lines' as lines from {{ source('shop', 'events') }} as e",
      'models/lines.sql': `{{ config(materialized='table') }}
select buyer_id, name, line ->> 'sku' as sku, 1 as one
from {{ ref('orders') }} inner join {{ ref('buyers_kept') }} using (buyer_id), jsonb_array_elements(lines) as line`,
      'models/_models.yml': `models:
  - name: lines
    description: One row per line.
    columns:
      - {name: buyer_id, description: Who., data_tests: [not_null, {relationships: {arguments: {to: ref('buyers'), field: id}}}]}
      - {name: gone, description: Not in the query.}
`,
      'snapshots/kept.sql': `{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols=['name']) }}
select * from {{ ref('buyers') }}{% endsnapshot %}`,
      'macros/m.sql': '{% macro mine() %}1{% endmacro %}',
    })
    await database.sql.unsafe(`create table events (body jsonb); insert into events values ('{"buyer": 1, "lines": [{"sku": "a"}]}')`)
    await buildFixture(database.sql, project.dir)
    data = await dataOf(database, project.dir)
  })
  afterAll(async () => {
    await project?.remove()
    await database?.drop()
  })

  it('has no feed, no run log, no publish, and no errors', () => {
    expect(data).toMatchObject({ errors: [], warnings: [], quality: null, runs: null, publish: null, feed: null })
    expect(JSON.parse(JSON.stringify(data))).toEqual(data)
  })

  it('tells relations, columns and counts as the database has them', () => {
    expect(nodeOf(data, 'model.shop.lines')).toMatchObject({
      description: 'One row per line.',
      materialized: 'table',
      exists: true,
      rowCount: 1,
      isEstimate: false,
      dependsOn: ['model.shop.orders', 'model.shop.buyers_kept'],
      notTraced: null,
    })
    expect(nodeOf(data, 'model.shop.lines').columns.map(({ name, type }) => [name, type])).toEqual([
      ['buyer_id', 'integer'],
      ['name', 'text'],
      ['sku', 'text'],
      ['one', 'integer'],
    ])
    expect(nodeOf(data, 'model.shop.orders')).toMatchObject({ materialized: 'view', rowCount: null, sizeBytes: null })
    expect(nodeOf(data, 'model.shop.buyers_kept')).toMatchObject({ exists: false, relation: null })
    expect(nodeOf(data, 'source.shop.shop.events')).toMatchObject({ resourceType: 'source', sourceName: 'shop', rowCount: 1, rawSql: '' })
    expect(columnOf(data, 'model.shop.lines', 'buyer_id')).toMatchObject({
      description: 'Who.',
      references: { node: 'seed.shop.buyers', relation: 'public.buyers', column: 'id', isTested: true },
    })
  })

  it('follows columns through JSON, an ephemeral model, a seed and a snapshot', () => {
    expect(originsOf(data, 'model.shop.lines', 'sku')).toEqual(['source.shop.shop.events body lines[].sku'])
    expect(originsOf(data, 'model.shop.lines', 'name')).toEqual(['seed.shop.buyers name'])
    expect(originsOf(data, 'snapshot.shop.kept', 'dbt_scd_id')).toContain('seed.shop.buyers id')
    expect(columnOf(data, 'model.shop.lines', 'one')).toMatchObject({ isConstant: true, origins: [], notTraced: null })
    const through = data.lineage.fields.findIndex(({ node, label }) => node === 'model.shop.orders' && label === '[].sku')
    expect(data.lineage.edges.filter(([from, to]) => from === through || to === through)).toHaveLength(2)
    expect(data.lineage).toMatchObject({ notTraced: 0 })
  })

  it('has the last result of tests from run_results.json, none without it', () => {
    const test = data.tests.find(({ generic }) => generic === 'not_null')!
    expect(test).toMatchObject({ attachedTo: 'model.shop.lines', column: 'buyer_id', severity: 'error', last: null, history: [] })
    expect(nodeOf(data, 'model.shop.lines').tests).toContain(test.uniqueId)
  })

  it('draws what relationships tests link where there is no foreign key', () => {
    expect(data.entities.links).toMatchObject([
      { from: 'public.lines', columns: ['buyer_id'], to: 'public.buyers', toColumns: ['id'], isTested: true },
    ])
    expect(data.entities.tables.map(({ id }) => id).sort()).toEqual(['public.buyers', 'public.lines'])
  })

  it('lists macros with who calls them', () => {
    expect(data.macros.find(({ name }) => name === 'mine')).toMatchObject({ isOwn: false, usedBy: [], file: 'macros/m.sql' })
  })
})

describe('a project with mistakes', () => {
  let database: FreshDatabase
  let project: Fixture
  beforeAll(async () => {
    database = await freshDatabase({ migrate: false })
    project = await fixture({
      'models/good.sql': 'select 1 as id',
      'models/lost.sql': "select id from {{ ref('nowhere') }}",
      'models/broken.sql': 'select {{ nothing( }} as id',
      'models/raises.sql': "{% if execute %}{{ exceptions.raise_compiler_error('not today') }}{% endif %}select 1 as id",
      'models/after.sql': "select id from {{ ref('good') }}",
      'models/circle_a.sql': "{{ config(materialized='ephemeral') }}select id from {{ ref('circle_b') }}",
      'models/circle_b.sql': "{{ config(materialized='ephemeral') }}select id from {{ ref('circle_a') }}",
      'models/odd.sql': 'select id, 1 as other fromm somewhere',
    })
  })
  afterAll(async () => {
    await project?.remove()
    await database?.drop()
  })

  it('gets docs of what compiles, with the mistakes and their places', async () => {
    const data = await dataOf(database, project.dir)
    const files = data.errors.map(({ file }) => file)
    expect(files).toContain('models/lost.sql')
    expect(files).toContain('models/broken.sql')
    expect(data.errors.find(({ message }) => message.includes('not today'))).toMatchObject({ node: 'model.shop.raises' })
    expect(data.errors.find(({ file }) => file === 'models/lost.sql')!.frame).toContain("ref('nowhere')")
    expect(nodeOf(data, 'model.shop.after')).toMatchObject({ dependsOn: ['model.shop.good'], exists: false, notTraced: null })
    expect(columnOf(data, 'model.shop.after', 'id').notTraced).toBeNull()
    expect(nodeOf(data, 'model.shop.raises')).toMatchObject({ compiledSql: null, notTraced: 'its SQL is not compiled' })
    expect(nodeOf(data, 'model.shop.odd').notTraced).toMatch(/parser says/)
  })
})

describe('the sample', () => {
  let warehouse: Warehouse
  let data: DocsData
  let removeProject: () => Promise<void>
  beforeAll(async () => {
    const project = await projectWith()
    removeProject = project.remove
    warehouse = await project.warehouse()
    await warehouse.load(join(projectDir, 'data'))
    await warehouse.build()
    data = await dataOf(warehouse, projectDir)
  })
  afterAll(async () => {
    await warehouse?.drop()
    await removeProject?.()
  })

  it('accounts for every record of every batch and entity', () => {
    const sum = (entity: string, count: (batch: NonNullable<DocsData['quality']>['batches'][number]) => number) =>
      data.quality!.batches.filter(batch => batch.entity === entity).reduce((total, batch) => total + count(batch), 0)
    expect([
      sum('agents', b => b.records),
      sum('agents', b => b.staged),
      sum('agents', b => b.quarantined),
      sum('agents', b => b.duplicates),
    ]).toEqual([168, 152, 10, 6])
    for (const batch of data.quality!.batches) expect(batch.records).toBe(batch.staged + batch.quarantined + batch.duplicates)
    expect(data.quality!.batches.map(({ batch }) => batch).filter((batch, i, all) => all[i - 1] !== batch)).toEqual([
      'tran',
      'sync-day1',
      'sync-day2',
      'sync-day3',
    ])
  })

  it('shows errors with a few records each', () => {
    expect(data.quality!.errorTypes.length).toBeGreaterThan(10)
    for (const { examples, open } of data.quality!.errorTypes) expect(examples.length).toBe(Math.min(open, 5))
    expect(data.quality!.refusedFileCount).toBe(data.quality!.refusedFiles.length)
  })

  it('draws core', () => {
    expect(data.entities.tables.filter(({ schema }) => schema !== 'core')).toEqual([])
    expect(data.entities.links).toContainEqual(
      expect.objectContaining({ from: 'core.cards', columns: ['budget_id'], to: 'core.budgets', isTested: false }),
    )
  })

  it('names the columns of every query as PostgreSQL does', async () => {
    await loadParser()
    const world: World = {
      relation: (schema, name) => {
        const node = [...data.nodes, ...data.sources].find(({ schema: own, identifier }) => own === schema && identifier === name)
        return node ? { id: node.uniqueId, columns: node.columns.map(column => column.name) } : undefined
      },
      isPure: () => true,
    }
    for (const { uniqueId, compiledSql } of [...data.nodes, ...data.tests]) {
      if (compiledSql === null) continue
      const described = await warehouse.sql.unsafe(compiledSql).describe()
      const { columns, unknown } = traceQuery(compiledSql, world)
      expect([columns.map(({ name }) => name), unknown], uniqueId).toEqual([described.columns.map(({ name }) => name), []])
    }
  })

  it('says how far the feed goes and what must be known of it', () => {
    expect(data.feed!.through).toBe('2026-01-07')
    expect(data.feed!.notes.map(({ kind, day, entity }) => [kind, day, entity])).toEqual([
      ['incomplete', '2026-01-06', 'admin_groups'],
      ['incomplete', '2026-01-06', 'cards'],
      ['incomplete', '2026-01-07', 'roles'],
    ])
  })

  it('shows the first rows of tables and views, contacts masked', () => {
    const { sample } = nodeOf(data, 'model.deskledger.agents')
    const [email, name] = [sample!.columns.indexOf('email'), sample!.columns.indexOf('name')]
    expect(sample!.rows).toHaveLength(5)
    expect(sample!.rows.map(row => row[email])).toEqual(Array.from({ length: 5 }, () => MASK))
    expect(sample!.rows.every(row => row[name] !== MASK)).toBe(true)
    expect(nodeOf(data, 'model.deskledger.access_review').sample!.rows.length).toBeGreaterThan(0)
    const counts = nodeOf(data, 'model.deskledger.group_headcount').sample!
    expect(counts.rows.map(row => row[counts.columns.indexOf('direct_members')])).not.toContain(MASK)
  })

  it('calls what was wrong by plain words, and says of which records', () => {
    const found = data.quality!.errorTypes.find(type => type.table === 'errors.agent_pipeline_errors' && type.errorType === 'coerced_value')
    expect(found).toMatchObject({ label: 'has a value in another form, which was converted', entities: expect.arrayContaining(['agents']) })
    expect(found!.entities[0]).toBe('agents')
  })

  it('is there for who may read marts alone', async () => {
    const role = `docs_${randomBytes(6).toString('hex')}`
    await warehouse.sql.unsafe(
      `create role ${role}; grant usage on schema marts to ${role}; grant select on all tables in schema marts to ${role}`,
    )
    try {
      const other = await dataOf(warehouse, projectDir, role)
      expect(other).toMatchObject({ quality: null, runs: null, publish: null, feed: null, errors: [] })
      expect(nodeOf(other, 'model.deskledger.agents').sample).toBeNull()
      expect(nodeOf(other, 'model.deskledger.group_headcount').sample!.rows).toHaveLength(5)
      expect(nodeOf(other, 'model.deskledger.agents')).toMatchObject({ exists: true, sizeBytes: expect.any(Number) })
      expect(other.lineage).toEqual(data.lineage)
    } finally {
      await warehouse.sql.unsafe(`drop owned by ${role}; drop role ${role}`)
    }
  })

  it('changes nothing, and goes on without what the user may not read', async () => {
    await warehouse.sql.unsafe('alter table ops.files rename column reason to why')
    const other = await dataOf(warehouse, projectDir)
    expect(other.quality).toBeNull()
    expect(other.feed).toMatchObject({ through: '2026-01-07', notes: [] })
    expect(other.nodes).toHaveLength(data.nodes.length)
  })
})
