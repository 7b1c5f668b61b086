import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../run/lineage/tree.ts'
import { traced } from './lineage-world.ts'

beforeAll(loadParser)

describe('paths into JSON', () => {
  it.each([
    ['keys', "select record -> 'contact' ->> 'email' as email from raw.agents", 'email <raw.agents.record:contact.email'],
    [
      'a path',
      "select record #>> '{contact,email}' as a, record #> array['x', 'y z'] as b from raw.agents",
      'a <raw.agents.record:contact.email',
      'b =raw.agents.record:x."y z"',
    ],
    ['a computed key, which may be any', 'select j -> c as v from t', 'v <t.c <t.j:[]'],
    [
      'a computed key beside a named one, which it may be too',
      "select case when a then j -> 'x' else j -> c end as v from t",
      'v <t.c =t.j:x ?t.a',
    ],
    ['the text of the value itself', "select (record -> 'id') #>> '{}' as id from raw.agents", 'id <raw.agents.record:id'],
    [
      'subscripts',
      "select record['contact']['email'] as e, record['tags'][0] as f from raw.agents",
      'e =raw.agents.record:contact.email',
      'f =raw.agents.record:tags[]',
    ],
    [
      'an index',
      "select record -> 'a' -> 0 as f, record -> -1 as l, record #> '{a,1}' as s from raw.agents",
      'f =raw.agents.record:a[0]',
      'l =raw.agents.record:[-1]',
      's =raw.agents.record:a[1]',
    ],
    ['a function', "select jsonb_extract_path_text(record, 'a', 'b') as v from raw.agents", 'v <raw.agents.record:a.b'],
    [
      'through CTEs',
      "with k as (select coalesce(record, readable) as body from raw.agents), l as (select body -> 'contact' as contact from k) select contact ->> 'email' as email from l",
      'email <raw.agents.readable:contact.email <raw.agents.record:contact.email',
    ],
    [
      'elements',
      "select e ->> 'x' as x, value -> 'y' as y from raw.agents, jsonb_array_elements(record -> 'list') as e",
      'x <raw.agents.record:list[].x',
      'y =raw.agents.record:list[].y',
    ],
    [
      'elements with their place',
      "select e.v, e.n from raw.agents cross join lateral jsonb_array_elements_text(record -> 'ids') with ordinality as e (v, n)",
      'v <raw.agents.record:ids[]',
      'n <raw.agents.record:ids[]',
    ],
    [
      'elements in a subquery',
      "select (select max(e ->> 'x') from jsonb_array_elements(record) as e) as m from raw.agents",
      'm <raw.agents.record:[].x',
    ],
    [
      'a record set',
      "select r.a, r.b from raw.agents, jsonb_to_recordset(record -> 'l') as r (a int, b jsonb)",
      'a <raw.agents.record:l[].a',
      'b =raw.agents.record:l[].b',
    ],
    ['a record', 'select r.id from raw.agents, jsonb_to_record(record) as r (id bigint)', 'id <raw.agents.record:id'],
    [
      'a record of a row type',
      'select r.* from raw.agents, jsonb_populate_record(null::u, record) as r',
      'a <raw.agents.record:a',
      'x <raw.agents.record:x',
      'y <raw.agents.record:y',
      'j <raw.agents.record:j',
    ],
    [
      'pairs',
      "select key, value ->> 'z' as z from raw.agents, jsonb_each(record -> 'map')",
      'key <raw.agents.record:map',
      'z <raw.agents.record:map[].z',
    ],
    [
      'a JSON path',
      `select jsonb_path_query_first(record, '$.a[*]."b c".d') as v, jsonb_path_query(record, '$.a ? (@.b > 1)') as w from raw.agents`,
      'v =raw.agents.record:a[]."b c".d',
      'w <raw.agents.record:a',
    ],
    [
      'JSON_VALUE and JSON_QUERY',
      "select json_value(record, '$.a.b') as v, json_query(record, '$.c') as q from raw.agents",
      'v <raw.agents.record:a.b',
      'q =raw.agents.record:c',
    ],
    [
      'JSON_TABLE',
      "select k.* from raw.agents, json_table(record, '$.l[*]' columns (i for ordinality, x int path '$.p.q', y text, nested path '$.n[*]' columns (z jsonb path '$.z'))) as k",
      'i <raw.agents.record:l[]',
      'x <raw.agents.record:l[].p.q',
      'y <raw.agents.record:l[].y',
      'z =raw.agents.record:l[].n[].z',
    ],
    [
      'objects built and read again',
      "select o -> 'p' as p, o ->> 'q' as q, o ->> 'none' as n from (select jsonb_build_object('p', a, 'q', b) as o from t) as s",
      'p =t.a',
      'q <t.b',
      'n',
    ],
    [
      'arrays built and read again',
      "select e ->> 'k' as k from (select jsonb_agg(jsonb_build_object('k', a, 'l', b)) as l from t) as s, jsonb_array_elements(l) as e",
      'k <t.a',
    ],
    ['a row as JSON', "select to_jsonb(t) ->> 'b' as b from t", 'b <t.b'],
    ['JSON_OBJECT', "select o ->> 'k' as k from (select json_object('k': a) as o from t) as s", 'k <t.a'],
    ['unnest of several', 'select x, y from t, unnest(array[a, b], array[c]) as n (x, y)', 'x =t.a =t.b', 'y =t.c'],
    ['a cast to jsonb', "select (j::jsonb) ->> 'k' as k from t", 'k <t.j:k'],
    ['JSON inside a text', "select (record ->> 'payload')::jsonb ->> 'x' as x from raw.agents", 'x <raw.agents.record:payload'],
  ])('%s', (_, sql, ...expected) => {
    expect(traced(sql)).toEqual(expected)
  })

  it('end where a recursion goes into a tree of any depth', () => {
    const tree =
      "with recursive k as (select record as n from raw.agents union all select e from k, jsonb_array_elements(n -> 'children') as e) select n ->> 'id' as id from k"
    expect(traced(tree)).toEqual(['id <raw.agents.record'])
  })
})
