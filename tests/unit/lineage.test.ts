import { beforeAll, describe, expect, it } from 'vitest'
import { traceQuery, traceStatements } from '../../run/lineage/trace.ts'
import { loadParser } from '../../run/lineage/tree.ts'
import { shown, traced, world } from './lineage-world.ts'

beforeAll(loadParser)

describe('columns of a query', () => {
  const cases: [what: string, sql: string, ...expected: string[]][] = [
    ['a column', 'select a, t.b as other, public.t.c from t', 'a =t.a', 'other =t.b', 'c =t.c'],
    ['a star', 'select * from t', 'a =t.a', 'b =t.b', 'c =t.c', 'j =t.j'],
    ['a star of one of two', 'select u.*, t.a as ta from t, u', 'a =u.a', 'x =u.x', 'y =u.y', 'j =u.j', 'ta =t.a'],
    ['aliases', 'select p, n.q from t as n (p, q)', 'p =t.a', 'q =t.b'],
    [
      'literals',
      "select 1 as one, 'x' as text, null as nothing, now() as clock, current_date",
      'one',
      'text',
      'nothing',
      'clock',
      'current_date',
    ],
    [
      'arithmetic and functions',
      'select a + b as sum, lower(c), c || a as joined from t',
      'sum <t.a <t.b',
      'lower <t.c',
      'joined <t.a <t.c',
    ],
    ['a cast', 'select a::text, cast(b as int) from t', 'a <t.a', 'b <t.b'],
    [
      'coalesce, least, nullif',
      'select coalesce(a, b), least(a, 3), nullif(a, c) from t',
      'coalesce =t.a =t.b',
      'least =t.a',
      'nullif =t.a ?t.c',
    ],
    ['predicates', 'select a is null as n, a in (b, 1) as i, a between b and c as w from t', 'n <t.a', 'i <t.a <t.b', 'w <t.a <t.b <t.c'],
    ['a case of columns', 'select case when a > 1 then b else c end from t', 'c =t.b =t.c ?t.a'],
    ['a case with a literal', "select case a when 1 then 'x' else b end as v from t", 'v <t.a =t.b'],
    ['a case of nothing else', "select case when a > 1 then 'many' end as v from t", 'v <t.a'],
    [
      'arrays',
      'select array[a, b] as l, (array[a, b])[1] as e, (array_agg(c order by b))[1] as f from t',
      'l <t.a <t.b',
      'e =t.a =t.b',
      'f =t.c ?t.b',
    ],
    ['a row', 'select t from t', 't <t.a <t.b <t.c <t.j'],
    ['a field of a row', 'select (n.r).a, (n.r).f from (select t as r, 1 from t) as n', 'a =t.a', 'f'],
    [
      'aggregates',
      'select max(a), sum(b), count(*), count(c) filter (where a > 1) as n from t',
      'max =t.a',
      'sum <t.b',
      'count <t.*',
      'n <t.c ?t.a',
    ],
    ['a count of some rows', 'select count(*) filter (where a > 1) as n from t', 'n <t.* <t.a'],
    [
      'windows',
      'select lag(a) over w as l, row_number() over w as n, sum(a) over (w rows 1 preceding) as s from t window w as (partition by b order by c)',
      'l =t.a ?t.b ?t.c',
      'n <t.b <t.c',
      's <t.a ?t.b ?t.c',
    ],
    ['an ordered set', 'select percentile_disc(0.5) within group (order by a) as m from t', 'm <t.a'],
    [
      'names that PostgreSQL gives',
      "select a::int, count(*), case when true then a end, exists(select 1), '1'::int, a + 1 from t",
      'a <t.a',
      'count <t.*',
      'case =t.a',
      'exists',
      'int4',
      '?column? <t.a',
    ],
    ['a scalar subquery', 'select (select max(x) from u where u.a = t.a) as m from t', 'm =u.x'],
    [
      'exists and in',
      'select exists (select from u where u.a = t.a) as e, a in (select x from u) as i from t',
      'e <u.* ?t.a ?u.a',
      'i <t.a <u.x',
    ],
    ['values', "select * from (values (1, 'x'), (2, 'y')) as v (n, s)", 'n', 's'],
    ['a set-returning function', 'select g, n from generate_series(1, 3) as g, lateral (select g + a as n from t) as l', 'g', 'n <t.a'],
  ]
  it.each(cases)('%s', (_, sql, ...expected) => {
    expect(traced(sql)).toEqual(expected)
  })
})

describe('less usual SQL', () => {
  it.each([
    ['a table command', 'table t', 'a =t.a', 'b =t.b', 'c =t.c', 'j =t.j'],
    ['no columns', 'select from t'],
    ['grouping sets', 'select a, grouping(a) as g, count(*) from t group by grouping sets ((a), ())', 'a =t.a', 'g', 'count <t.*'],
    [
      'functions side by side',
      'select * from t, rows from (generate_series(1, 2), unnest(array[a])) as g (n, e)',
      'a =t.a',
      'b =t.b',
      'c =t.c',
      'j =t.j',
      'n',
      'e =t.a',
    ],
    ['a row of a function', 'select (jsonb_each(j)).* from t', 'key <t.j', 'value =t.j:[]'],
    ['a row of an unknown function', 'select (mine(a)).* from t', '* the columns of a row are not known'],
    ['XML', "select x.n, xmlelement(name e, a) from t, xmltable('/r' passing c columns n text) as x", 'n <t.c', 'xmlelement <t.a'],
    ['a clock as a table', 'select * from current_date', 'current_date'],
    ['except and intersect', 'select a from t union (select b from t intersect select x from u)', 'a =t.a =t.b'],
    [
      'a join with a name, and its star',
      'select k.* from (t join u using (a, j)) as k',
      'a =t.a',
      'j =t.j',
      'b =t.b',
      'c =t.c',
      'x =u.x',
      'y =u.y',
    ],
    ['a row compared', 'select (t) = (u) as same from t, u', 'same <t.a <t.b <t.c <t.j <u.a <u.j <u.x <u.y'],
    ['what is no query', 'copy t from stdin', '* CopyStmt is not followed'],
  ])('%s', (_, sql, ...expected) => {
    expect(traced(sql)).toEqual(expected)
  })
})

describe('joins, unions and CTEs', () => {
  it.each([
    ['using', 'select * from t join u using (a, j)', 'a =t.a', 'j =t.j', 'b =t.b', 'c =t.c', 'x =u.x', 'y =u.y'],
    ['a right join', 'select a from t right join u using (a)', 'a =u.a'],
    ['a full join', 'select a, t.a as l, u.a as r from t full join u using (a)', 'a =t.a =u.a', 'l =t.a', 'r =u.a'],
    ['rows of an outer join', 'select count(*) from t left join u using (a)', 'count <t.* ?u.*'],
    ['keys that are held equal', 'select u.a, t.b from t left join u on t.a = u.a and u.x = t.b', 'a <t.a =u.a', 'b =t.b'],
    ['keys of an inner join', 'select t.a, u.y from t join u on u.a = t.a', 'a <u.a =t.a', 'y =u.y'],
    ['whether there is a row', 'select u.x is null as n, u.x from t left join u on t.a = u.y + 1', 'n <t.a <u.x <u.y', 'x =u.x'],
    ['natural', 'select * from t natural join u', 'a =t.a', 'j =t.j', 'b =t.b', 'c =t.c', 'x =u.x', 'y =u.y'],
    ['an alias for the join', 'select k.b, k.x from (t join u using (a)) as k', 'b =t.b', 'x =u.x'],
    ['an alias for USING', 'select m.a from t join u using (a) as m', 'a =t.a'],
    ['union', 'select a, b from t union all select x, y from u', 'a =t.a =u.x', 'b =t.b =u.y'],
    ['except', 'select a from t except select x from u', 'a =t.a'],
    ['a CTE', 'with k as (select a as n from t), m as (select n + 1 as o from k) select * from m', 'o <t.a'],
    ['a CTE with names', 'with k (p, q) as materialized (select a, b from t) select q, p from k', 'q =t.b', 'p =t.a'],
    ['a CTE that hides a table', 'with t as (select x as a from u) select a from t', 'a =u.x'],
    ['a CTE in a subquery', 'select n from (with k as (select a as n from t) select n from k) as s', 'n =t.a'],
    [
      'recursion',
      'with recursive k as (select a, b as root, 1 as depth from t union all select u.a, k.root, k.depth + 1 from k join u on u.x = k.a) select * from k',
      'a =t.a =u.a',
      'root =t.b',
      'depth',
    ],
    ['recursion in any order', 'with recursive k as (select n from m), m as (select a as n from t) select n from k', 'n =t.a'],
    [
      'search and cycle',
      'with recursive k as (select a from t union all select u.x from u, k) search depth first by a set o cycle a set seen using p select * from k',
      'a =t.a =u.x',
      'o <t.a <u.x',
      'seen <t.a <u.x',
      'p <t.a <u.x',
    ],
    ['an ephemeral model', 'with __dbt__cte__kept as (select a as k from t) select k from __dbt__cte__kept', 'k =kept.k'],
    ['a lateral subquery', 'select m from t, lateral (select max(x) as m from u where u.a = t.a) as l', 'm =u.x'],
    ['a sample', 'select a from t tablesample system (1)', 'a =t.a'],
    ['a correlated column', 'select (select t.b from u limit 1) as v from t', 'v =t.b'],
    ['a data-modifying CTE', 'with d as (delete from t where a = 1 returning a, b) select b from d', 'b =t.b'],
  ])('%s', (_, sql, ...expected) => {
    expect(traced(sql)).toEqual(expected)
  })
})

describe('what cannot be followed', () => {
  it.each([
    ['SQL that does not parse', 'selec a', `* PostgreSQL's parser says: syntax error at or near "selec"`],
    ['two statements', 'select 1; select 2', '* these are 2 statements, not one query'],
    ['an ambiguous name', 'select a from t, u', 'a ! a is ambiguous'],
    ['a name that is not there', 'select zzz, k.zzz from t, u as k', 'zzz ! unknown column zzz', 'zzz ! k.zzz is not known'],
    [
      'a function of users',
      'select ops.pure(a) as p, ops.reads(a) as r, mine(a) as m from t',
      'p <t.a',
      'r <t.a ! the function ops.reads may read tables itself',
      'm <t.a ! the function mine may read tables itself',
    ],
    [
      'a function that returns records',
      'select v from t, ops.pairs(a) as p (k, v)',
      'v <t.a ! the function ops.pairs may read tables itself',
    ],
    ['a query in a text', "select query_to_xml('select 1', true, true, '') as x", 'x ! query_to_xml() runs SQL that is built at run time'],
    ['a table of unknown columns', 'select * from ops.open', '* ops.open'],
    ['two of them', 'select v from open, ops.open', 'v ! v may be of open or ops.open, whose columns are not known'],
  ])('%s', (_, sql, ...expected) => {
    expect(traced(sql)).toEqual(expected)
  })

  it('is not what a name certainly means', () => {
    expect(traced('select v, t.b, o.w from ops.open as o, t')).toEqual(['v =ops.open.v', 'b =t.b', 'w =ops.open.w'])
  })
})

describe('statements that write', () => {
  const written = (sql: string) =>
    traceStatements(sql, world).map(({ target, written: { columns } }) => [
      target,
      ...columns.map(({ name, value }) => `${name} ${shown(value)}`.trim()),
    ])

  it('insert', () => {
    expect(written('insert into t (b, a) select x, y from u')).toEqual([['t', 'b =u.x', 'a =u.y']])
    expect(written('insert into t select * from u')).toEqual([['t', 'a =u.a', 'b =u.x', 'c =u.y', 'j =u.j']])
    expect(written('insert into t (a, b) select a, x from u on conflict (a) do update set b = t.b + excluded.b')).toEqual([
      ['t', 'a =u.a', 'b <t.b =u.x'],
    ])
  })

  it('merge', () => {
    const sql = `merge into t using (select a, x + y as s from u) as n on t.a = n.a
      when matched then update set b = n.s, (c, j) = (n.a, 1)
      when not matched then insert (a, b) values (n.a, n.s)
      when not matched by source then delete`
    expect(written(sql)).toEqual([['t', 'b <u.x <u.y', 'c =u.a', 'j', 'a =u.a']])
  })

  it('update, create table as, create view', () => {
    expect(written('update t set b = u.x from u where u.a = t.a')).toEqual([['t', 'b =u.x']])
    expect(written('create table n as select a from t')).toEqual([['relation:n', 'a =t.a']])
    expect(written('create view ops.v as select a as k from t')).toEqual([['relation:ops.v', 'k =t.a']])
  })
})

describe('rows', () => {
  const rows = (sql: string) => shown(traceQuery(sql, world).rows)

  it('come from the tables, decided by where, having and distinct on', () => {
    expect(rows('select distinct on (c) a from t where b > 1')).toBe('=t.* ?t.b ?t.c')
    expect(rows('select a from t union all select x from u')).toBe('=t.* =u.*')
    expect(rows('select count(*) from t group by a having max(b) > 1')).toBe('=t.* ?t.b')
  })
})
