import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { lsCommand } from '../../run/commands/project.ts'
import { compileCommand, showCommand } from '../../run/commands/query.ts'
import { artifact, hasSchemas, perform, schemaProblems } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture({
    'models/people.sql': 'select 1 as id, 20 as age',
    'models/early.sql': "{{ config(materialized='ephemeral') }} select id from {{ ref('people') }}",
    'analyses/old/ages.sql':
      "{{ config(tags=['ad_hoc']) }}\nselect max(age) as oldest from {{ ref('people') }} where id in (select id from {{ ref('early') }})",
    'analyses/people.sql':
      "{% set n = run_query('select count(*) from pg_am where false').columns[0].values()[0] if execute else 1 %}\nselect {{ n }} as n",
    'analyses/_analyses.yml': `analyses:
  - name: ages
    description: "{{ doc('ages') }}"
    tags: [asked]
    columns: [{name: oldest, description: In years.}]
`,
    'analyses/docs.md': '{% docs ages %}How old people are.{% enddocs %}',
    'analyses/wrong.sql': "select * from {{ ref('nobody') }}",
    'analyses/worse.sql': '{{ exceptions.raise_compiler_error("not so") }}',
  })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

const on = (run: Parameters<typeof perform>[0], options: object = {}) => perform(run, { url: database.url, dir: project.dir, options })
const compiled = (name: string) => path.join(project.dir, 'target/compiled/shop/analyses', name)

it('are no part of a build', async () => {
  const { status, results } = await buildFixture(database.sql, project.dir)
  expect([status, results.map(({ node }) => node.uniqueId).sort()]).toEqual(['published', ['model.shop.early', 'model.shop.people']])
})

it('are compiled into target/compiled, and listed in manifest.json', async () => {
  expect((await on(compileCommand)).code).toBe(0)
  expect(readFileSync(compiled('old/ages.sql'), 'utf8')).toMatch(
    /^with __dbt__cte__early as \([\s\S]*select max\(age\) as oldest from "\w+"\."public"\."people" where id in \(select id from __dbt__cte__early\)\n$/,
  )
  expect(readFileSync(compiled('people.sql'), 'utf8')).toBe('select 0 as n\n')
  const { nodes, child_map: children } = artifact(project.dir, 'manifest.json')
  expect(nodes!['analysis.shop.ages']).toMatchObject({
    resource_type: 'analysis',
    original_file_path: 'analyses/old/ages.sql',
    fqn: ['shop', 'analysis', 'old', 'ages'],
    depends_on: { nodes: ['model.shop.people', 'model.shop.early'] },
    tags: ['asked', 'ad_hoc'],
    description: 'How old people are.',
    columns: { oldest: { description: 'In years.' } },
    patch_path: 'shop://analyses/_analyses.yml',
    relation_name: null,
    compiled_path: 'target/compiled/shop/analyses/old/ages.sql',
  })
  expect(children!['model.shop.people']).toEqual(['model.shop.early', 'analysis.shop.ages'])
})

it.skipIf(!hasSchemas)("leave a manifest that is valid by dbt's schema", () => {
  expect(schemaProblems('manifest-v12.json', artifact(project.dir, 'manifest.json'))).toEqual([])
})

it('are selected by name, path and tag, for compile, ls and show', async () => {
  expect((await on(compileCommand, { select: ['path:analyses/people.sql'] })).stdout).toBe('select 0 as n\n')
  expect(JSON.parse((await on(showCommand, { select: ['ages'], output: 'json' })).stdout)).toEqual([{ oldest: 20 }])
  expect((await on(lsCommand, { select: ['tag:ad_hoc'] })).stdout).toBe('shop.analysis.old.ages\n')
  expect((await on(lsCommand, { resourceType: ['analysis'], output: 'name' })).stdout).toBe('ages\npeople\n')
})

it('with a mistake are a warning, and not compiled', async () => {
  const { code, stderr } = await on(lsCommand)
  expect(code).toBe(0)
  expect(stderr).toContain('analyses/wrong.sql:1:18: The analysis is not compiled: ')
  expect(stderr).toContain('analyses/worse.sql:1:4: The analysis is not compiled: not so')
  expect([existsSync(compiled('wrong.sql')), existsSync(compiled('worse.sql'))]).toEqual([false, false])
})
