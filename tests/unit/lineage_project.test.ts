import { beforeAll, describe, expect, it } from 'vitest'
import { readMigrated } from '../../run/lineage/migrated.ts'
import { type Lineage, type Relation, traceProject } from '../../run/lineage/project.ts'
import { loadParser } from '../../run/lineage/tree.ts'

beforeAll(loadParser)

const feed: Relation = { id: 'source.feed', schema: 's', name: 'feed', columns: ['record'] }
const model = (name: string, sql: string, more: Partial<Relation> = {}): Relation => ({
  id: name,
  schema: 's',
  name,
  columns: null,
  sql,
  ...more,
})
const trace = (...relations: Relation[]): Lineage => traceProject(relations, { defaultSchema: 's' })
const fieldOf = ({ fields }: Lineage, index: number): string => {
  const { node, column, label } = fields[index]!
  return `${node}.${column}${label === '' ? '' : ` ${label}`}`
}
const edgesOf = (lineage: Lineage): string[] =>
  lineage.edges.map(([from, to, kind]) => `${fieldOf(lineage, from)} ${kind} ${fieldOf(lineage, to)}`).sort()
const columnOf = (lineage: Lineage, id: string, name: string) => lineage.relations.get(id)!.columns.find(column => column.name === name)!
const originsOf = (lineage: Lineage, id: string, name: string): string[] =>
  columnOf(lineage, id, name).origins.map(index => fieldOf(lineage, index))

describe('lineage over models', () => {
  it('carries a path through models that hand a jsonb on', () => {
    const lineage = trace(
      feed,
      model('whole', 'select record as body from s.feed'),
      model('part', "select body -> 'contact' as contact from s.whole"),
      model('leaf', "select contact ->> 'email' as email from part"),
    )
    expect(edgesOf(lineage)).toEqual([
      'part.contact email value leaf.email',
      'source.feed.record contact copy whole.body contact',
      'source.feed.record contact.email copy whole.body contact.email',
      'source.feed.record copy whole.body',
      'whole.body contact copy part.contact',
      'whole.body contact.email copy part.contact email',
    ])
    expect(originsOf(lineage, 'leaf', 'email')).toEqual(['source.feed.record contact.email'])
  })

  it('finds the part of an object that another model built', () => {
    const lineage = trace(
      feed,
      model('built', "select jsonb_agg(jsonb_build_object('k', record -> 'a', 'l', record -> 'b')) as list from s.feed"),
      model('read', "select e ->> 'k' as k from s.built, jsonb_array_elements(list) as e"),
    )
    expect(originsOf(lineage, 'read', 'k')).toEqual(['source.feed.record a'])
  })

  it('takes models in any order, star by star', () => {
    const lineage = trace(model('second', 'select * from s.first'), model('first', 'select f.*, 1 as one from s.feed as f'), feed)
    expect(lineage.relations.get('second')!.columns.map(({ name }) => name)).toEqual(['record', 'one'])
    expect(columnOf(lineage, 'first', 'one').isConstant).toBe(true)
    expect(originsOf(lineage, 'second', 'record')).toEqual(['source.feed.record'])
  })

  it('keeps an ephemeral model as a step of its own', () => {
    const sql = "with __dbt__cte__kept as (select record -> 'a' as a from s.feed) select a from __dbt__cte__kept"
    const lineage = trace(feed, model('kept', "select record -> 'a' as a from s.feed", { cte: '__dbt__cte__kept' }), model('last', sql))
    expect(edgesOf(lineage)).toEqual(['kept.a copy last.a', 'source.feed.record a copy kept.a'])
  })

  it('says of a column that its own table is a source too, without an edge to itself', () => {
    const sql = 'select coalesce(o.seen, 1) as seen, f.record from s.feed as f left join s.own as o on true'
    const lineage = trace(feed, model('own', sql, { columns: ['seen', 'record'] }))
    expect(columnOf(lineage, 'own', 'seen')).toMatchObject({ isKept: true, isConstant: false, origins: [], notTraced: null })
    expect(edgesOf(lineage)).toEqual(['source.feed.record copy own.record'])
  })

  it('ends where models read each other in a circle', () => {
    const lineage = trace(model('a', 'select x from s.b', { columns: ['x'] }), model('b', 'select x from s.a', { columns: ['x'] }))
    expect(edgesOf(lineage)).toEqual(['a.x copy b.x', 'b.x copy a.x'])
  })

  it('names the columns of what `*` brought in as the database does, and says where it cannot', () => {
    const unknown: Relation = { id: 'relation:s.raw', schema: 's', name: 'raw', columns: null }
    const lineage = trace(
      unknown,
      { ...unknown, id: 'relation:s.more', name: 'more' },
      model('known', 'select * from s.raw', { columns: ['p', 'q'] }),
      model('lost', 'select * from s.raw'),
      model('two', 'select * from s.raw, s.more', { columns: ['p'] }),
    )
    expect(edgesOf(lineage)).toEqual(['relation:s.raw.p copy known.p', 'relation:s.raw.q copy known.q'])
    expect(lineage.relations.get('lost')).toEqual({ columns: [], notTraced: 'the columns of s.raw are not known' })
    expect(columnOf(lineage, 'two', 'p').notTraced).toBe('the columns of s.raw are not known; the columns of s.more are not known')
  })

  it('tells why a query is not traced', () => {
    const lineage = trace(feed, { ...model('lost', ''), sql: null, columns: ['a'] }, model('broken', 'select from where'))
    expect(lineage.relations.get('lost')).toMatchObject({ notTraced: 'its SQL is not compiled' })
    expect(lineage.relations.get('broken')!.notTraced).toMatch(/^PostgreSQL's parser says: syntax error/)
  })

  it('follows the columns that a snapshot adds', () => {
    const names = { scdId: 'dbt_scd_id', updatedAt: 'dbt_updated_at', validFrom: 'dbt_valid_from', validTo: 'dbt_valid_to' }
    const sql = "select record -> 'id' as id, record -> 'at' as changed_at from s.feed"
    const lineage = trace(feed, model('history', sql, { snapshot: { key: ['id'], updatedAt: 'changed_at', checked: [], names } }))
    expect(originsOf(lineage, 'history', 'dbt_valid_to')).toEqual(['source.feed.record at'])
    expect(originsOf(lineage, 'history', 'dbt_scd_id').sort()).toEqual(['source.feed.record at', 'source.feed.record id'])
  })
})

describe('migrations', () => {
  it('tell tables, their columns, and which functions are immutable', () => {
    const { tables, functions } = readMigrated([
      'create schema raw; create table raw.a (id int primary key, record jsonb, check (id > 0)); create table raw.b (like raw.a including all, more text)',
      'alter table raw.a add column extra text, drop column record; alter table raw.b rename column more to other',
      'create table raw.c (x int); drop table raw.c',
      "create function raw.f(a int) returns int language sql immutable return a; create function raw.g() returns int language sql as 'select 1'",
      'this is no sql',
    ])
    expect([...tables]).toEqual([
      ['raw.a', ['id', 'extra']],
      ['raw.b', ['id', 'record', 'other']],
    ])
    expect([...functions]).toEqual([
      ['raw.f', true],
      ['raw.g', false],
    ])
  })
})
