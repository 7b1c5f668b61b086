import { cp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Options } from '../../run/cli/options.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { diffCommand } from '../../run/commands/diff.ts'
import type { Diff } from '../../run/preview/diff-lines.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

const build = () =>
  perform(command => buildCommand(command, { types: ['model', 'seed', 'test'], loads: false }), {
    url: database.url,
    dir: project.dir,
    name: 'build',
  })
const diff = (args: string[] = [], options: Partial<Options> = {}) =>
  perform(diffCommand, { url: database.url, dir: project.dir, name: 'diff', args, options })
const diffs = async (args: string[] = [], options: Partial<Options> = {}): Promise<Diff[]> =>
  JSON.parse((await diff(args, { output: 'json', ...options })).stdout).diffs

describe('diff of two relations', () => {
  beforeAll(async () => {
    database = await freshDatabase({ migrate: false })
    project = await fixture({ 'models/people.sql': "{{ config(materialized='table', unique_key='id') }} select 1 as id, 'Ann' as name" })
    await database.sql.unsafe(`
      create schema one; create schema two;
      create table one.t (id int primary key, name text, n numeric, j json, old text);
      create table two.t (id bigint primary key, name varchar(20), n numeric(12, 2), j json, new boolean);
      insert into one.t values (1, 'same', 1, '{"a": 1}', 'x'), (2, 'ann', 2, '{}', 'x'), (3, 'gone', 3, null, 'x'), (4, 'x', 4, '[1]', 'x');
      insert into two.t values (1, 'same', 1, '{"a": 1}', true), (2, 'bob', 2.5, '{}', true), (4, 'x', 4, '[2]', true), (5, 'come', 5, null, true);
      create table one.loose (a text, b int); insert into one.loose values ('a', 1), ('a', 1), ('b', null);
      create table two.loose (a text, b int); insert into two.loose values ('a', 1), ('b', null), ('c', 2);
      create table one.holes (k int, v int); insert into one.holes values (1, 1), (null, 2), (3, 3), (3, 4);
      create table two.holes (k int, v int); insert into two.holes values (1, 1), (null, 2), (3, 3), (4, 4);
    `)
  })
  afterAll(async () => {
    await database.drop()
    await project.remove()
  })

  it('by the primary key: keys, columns, and values that count as equal', async () => {
    const [found] = await diffs(['one.t', 'two.t'])
    expect(found?.differences).toMatchObject({
      key: ['id'],
      rows: { before: 4, after: 4 },
      added: 1,
      removed: 1,
      changed: 2,
      same: 1,
      columns: expect.arrayContaining([
        { name: 'name', rows: 1 },
        { name: 'n', rows: 1 },
        { name: 'j', rows: 1 },
      ]),
      columnsAdded: [{ name: 'new', type: 'boolean' }],
      columnsRemoved: [{ name: 'old', type: 'text' }],
      columnsRetyped: [
        { name: 'id', before: 'integer', after: 'bigint' },
        { name: 'name', before: 'text', after: 'character varying(20)' },
        { name: 'n', before: 'numeric', after: 'numeric(12,2)' },
      ],
    })
    expect(found?.differences?.examples.filter(({ kind }) => kind === 'changed')).toEqual([
      { kind: 'changed', key: { id: '2' }, values: { name: { before: 'ann', after: 'bob' }, n: { before: '2', after: '2.50' } } },
      { kind: 'changed', key: { id: '4' }, values: { j: { before: '[1]', after: '[2]' } } },
    ])
    const { stdout, code } = await diff(['one.t', 'two.t'])
    expect(code).toBe(0)
    expect(stdout).toContain('keys     1 added, 1 removed, 2 changed, 1 same, by id')
    expect(stdout).toContain('~ id=2  name: ann → bob, n: 2 → 2.50')
    expect(stdout).toMatch(/\+ id=5 {2}name=come/)
  })

  it('--key, --ignore, --limit and --exit-code', async () => {
    const [found] = await diffs(['one.t', 'two.t'], { key: ['name'], ignore: ['n,j', 'id', 'old', 'new'], limit: 0 })
    expect(found?.differences).toMatchObject({ key: ['name'], added: 2, removed: 2, changed: 0, same: 2, columnsAdded: [], examples: [] })
    expect((await diff(['one.t', 'two.t'], { exitCode: true })).code).toBe(1)
    expect((await diff(['one.t', 'one.t'], { exitCode: true })).code).toBe(0)
  })

  it('without a key as whole rows, repeated ones counted', async () => {
    const [found] = await diffs(['one.loose', 'two.loose'])
    expect(found?.differences).toMatchObject({ key: [], added: 1, removed: 1, changed: 0, same: 2 })
    expect((await diff(['one.loose', 'two.loose'])).stdout).toContain('no key is known (--key)')
  })

  it('rows whose key is null or not unique are told apart', async () => {
    const [found] = await diffs(['one.holes', 'two.holes'], { key: ['k'] })
    expect(found?.differences).toMatchObject({ unmatched: { before: 3, after: 1 }, added: 2, removed: 0, changed: 0, same: 1 })
  })

  it('mistakes name both sides and what to do', async () => {
    expect(await diff(['one.t', 'peple'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/no model 'peple'[\s\S]*people/) })
    expect(await diff(['one.t', 'two.t'], { key: ['nope'] })).toMatchObject({ code: 2, stderr: expect.stringContaining("names 'nope'") })
    expect((await diff(['a', 'b', 'c'])).code).toBe(2)
    expect(await diff()).toMatchObject({ code: 2, stderr: expect.stringContaining('which models to compare') })
  })
})

describe('diff of candidates', () => {
  const people = (name: string) =>
    `{{ config(materialized='table', unique_key='id') }} select i as id, ${name} as name from generate_series(1, 3) as i`
  beforeAll(async () => {
    database = await freshDatabase()
    project = await fixture({
      'models/people.sql': people("'p' || i"),
      'models/names.sql': "select id, upper(name) as name from {{ ref('people') }}",
      'models/counted.sql': "{{ config(materialized='table') }} select count(*) as n from {{ ref('names') }}",
      'models/_m.yml': 'models:\n  - name: names\n    columns:\n      - {name: id, data_tests: [unique]}\n',
    })
    await cp(path.join(projectDir, 'migrations'), path.join(project.dir, 'migrations'), { recursive: true })
    expect((await build()).code).toBe(0)
    await cp(path.join(project.dir, 'target'), path.join(project.dir, 'before'), { recursive: true })
  })
  afterAll(async () => {
    await database.drop()
    await project.remove()
  })

  it('of a project as published there is nothing to compare', async () => {
    expect(await diff()).toMatchObject({ code: 0, stderr: expect.stringContaining('Nothing to compare') })
    expect(await diffs(['people'])).toMatchObject([{ differences: { added: 0, removed: 0, changed: 0, same: 3 } }])
  })

  it('compares all that an edit changes, and changes nothing', async () => {
    await project.write({ 'models/people.sql': people("case i when 2 then 'x' else 'p' || i end") })
    const found = await diffs()
    expect(found.map(({ unique_id: id, differences }) => [id, differences?.changed, differences?.added, differences?.key])).toEqual([
      ['model.shop.people', 1, 0, ['id']],
      ['model.shop.names', 1, 0, ['id']],
      ['model.shop.counted', 0, 0, []],
    ])
    expect(found[1]?.differences?.examples).toEqual([{ kind: 'changed', key: { id: '2' }, values: { name: { before: 'P2', after: 'X' } } }])
    expect([...(await database.sql`select name from people order by id`)]).toEqual([{ name: 'p1' }, { name: 'p2' }, { name: 'p3' }])
  })

  it('--against names what was modified since', async () => {
    expect((await diffs([], { against: path.join(project.dir, 'before') })).map(({ unique_id: id }) => id)).toEqual(['model.shop.people'])
    // Nodes between two compared ones are built too.
    expect((await diffs([], { select: ['people', 'counted'] })).map(({ unique_id: id }) => id)).toEqual([
      'model.shop.people',
      'model.shop.counted',
    ])
    expect((await diff([], { against: 'no-such-folder' })).code).toBe(2)
  })

  it('a new model has nothing to compare with, a broken one leaves with 1', async () => {
    await project.write({ 'models/fresh.sql': 'select 1 as a', 'models/broken.sql': 'select no_such_column' })
    expect(await diffs(['fresh'])).toMatchObject([{ differences: null, rows: 1 }])
    expect(await diff(['broken'])).toMatchObject({ code: 1, stderr: expect.stringContaining('broken.sql') })
  })
})
