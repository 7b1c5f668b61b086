import { ProjectError } from '../base/errors.ts'
import { type ExistingColumn, findRelation } from '../database/catalogue.ts'
import type { Sql } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { runWherePossible, underSavepoint } from '../database/savepoint.ts'
import { quote } from '../manifest/relation.ts'

/** How two relations are compared. */
export interface HowToCompare {
  /** Columns that identify a row; empty to compare whole rows. */
  key: string[]
  /** Columns that are ignored. */
  ignore?: string[]
  /** The most examples of each kind. */
  examples: number
}

/** The differences between two relations, `before` and `after`. */
export interface Differences {
  key: string[]
  rows: { before: number; after: number }
  /** Rows by key; without a key whole rows, and `changed` is 0. */
  added: number
  removed: number
  changed: number
  same: number
  /** Rows that could not be matched: their key is null or occurs again. */
  unmatched: { before: number; after: number }
  /** The number of changed rows in which each column differs, largest first. */
  columns: { name: string; rows: number }[]
  columnsAdded: ExistingColumn[]
  columnsRemoved: ExistingColumn[]
  columnsRetyped: { name: string; before: string; after: string }[]
  examples: Example[]
}

/** A row that differs: its key, and the differing values as PostgreSQL's text. */
export interface Example {
  kind: 'added' | 'removed' | 'changed'
  key: Record<string, string | null>
  values: Record<string, { before?: string | null; after?: string | null }>
}

/** Whether anything differs at all. */
export function isSame(found: Differences): boolean {
  const { added, removed, changed, columnsAdded, columnsRemoved, columnsRetyped, unmatched } = found
  return (
    added + removed + changed + columnsAdded.length + columnsRemoved.length + columnsRetyped.length === 0 &&
    unmatched.before === unmatched.after
  )
}

/**
 * Compares two relations, written as in FROM, inside the caller's transaction: creates and drops temporary relations. Rows are matched by
 * key; values that PostgreSQL considers equal are equal (1.0 and 1.00), and values of types without an equality are compared as text.
 */
export async function differencesOf(
  sql: Sql,
  before: string,
  after: string,
  { key, ignore = [], examples }: HowToCompare,
): Promise<Differences> {
  const [left, right] = [await columnsOf(sql, before), await columnsOf(sql, after)]
  const has = (columns: ExistingColumn[], name: string) => columns.some(column => column.name === name)
  for (const [side, columns] of [
    [before, left],
    [after, right],
  ] as const)
    for (const name of key)
      if (!has(columns, name))
        throw new ProjectError(`The key names '${name}', but ${side} has no such column; it has ${columns.map(one => one.name).join(', ')}`)
  const counted = (columns: ExistingColumn[]) => columns.filter(({ name }) => !ignore.includes(name))
  const shared = counted(left).filter(({ name }) => has(right, name))
  const retyped = shared.flatMap(({ name, type }) => {
    const now = right.find(column => column.name === name)?.type ?? type
    return now === type ? [] : [{ name, before: type, after: now }]
  })
  const found = {
    key,
    columnsAdded: counted(right).filter(({ name }) => !has(left, name)),
    columnsRemoved: counted(left).filter(({ name }) => !has(right, name)),
    columnsRetyped: retyped,
  }
  const compared = shared.filter(({ name }) => !key.includes(name))
  const rows =
    key.length > 0
      ? await byKey(sql, before, after, key, await comparisons(sql, compared, retyped), examples, { left, right })
      : await byRow(sql, before, after, shared, examples)
  return { ...found, ...rows }
}

type Rows = Omit<Differences, 'key' | 'columnsAdded' | 'columnsRemoved' | 'columnsRetyped'>

async function byKey(
  sql: Sql,
  before: string,
  after: string,
  key: string[],
  tests: { name: string; test: string }[],
  examples: number,
  sides: { left: ExistingColumn[]; right: ExistingColumn[] },
): Promise<Rows> {
  const names = key.map(quote)
  const same = names.map(name => `b.${name} = a.${name}`).join(' and ')
  const isKeyed = (side: string) => names.map(name => `${side}.${name} is not null`).join(' and ')
  // A row with a repeated key has no counterpart.
  const unique = (relation: string) =>
    `(select *, count(*) over (partition by ${names.join(', ')}) as dbt_repeats from ${relation} as rows_of where ${isKeyed('rows_of')})`
  await sql.unsafe(`
    create temporary table dbt_differences on commit drop as
    select
        ${names.map((name, i) => `coalesce(b.${name}::text, a.${name}::text) as k${i}`).join(',\n        ')},
        case when b.${names[0]} is null then 'added' when a.${names[0]} is null then 'removed' else 'changed' end as kind,
        ${tests.map(({ test }, i) => `${test} as d${i},`).join('\n        ')}
        to_jsonb(array[${texts('b', sides.left)}]::text[]) as before,
        to_jsonb(array[${texts('a', sides.right)}]::text[]) as after
    from (select * from ${unique(before)} as counted where dbt_repeats = 1) as b
    full join (select * from ${unique(after)} as counted where dbt_repeats = 1) as a on ${same}
    where b.${names[0]} is null or a.${names[0]} is null${tests.map(({ test }) => `\n        or ${test}`).join('')}`)
  const counts = await one<Record<string, string>>(
    sql,
    `select
        (select count(*) from ${before} as rows_of) as before,
        (select count(*) from ${after} as rows_of) as after,
        (select count(*) from ${unique(before)} as counted where dbt_repeats = 1) as keyed_before,
        (select count(*) from ${unique(after)} as counted where dbt_repeats = 1) as keyed_after,
        count(*) filter (where kind = 'added') as added,
        count(*) filter (where kind = 'removed') as removed,
        count(*) filter (where kind = 'changed') as changed
        ${tests.map((_, i) => `, count(*) filter (where kind = 'changed' and d${i}) as d${i}`).join('')}
    from dbt_differences`,
  )
  const shown = await sql.unsafe<Record<string, unknown>[]>(`
    select * from (
        select *, row_number() over (partition by kind order by ${names.map((_, i) => `length(k${i}), k${i}`).join(', ')}) as place
        from dbt_differences
    ) as numbered
    where place <= ${examples}
    order by kind, place`)
  await sql.unsafe('drop table dbt_differences')
  const n = (name: string) => Number(counts[name] ?? 0)
  return {
    rows: { before: n('before'), after: n('after') },
    added: n('added'),
    removed: n('removed'),
    changed: n('changed'),
    same: n('keyed_before') - n('removed') - n('changed'),
    unmatched: { before: n('before') - n('keyed_before'), after: n('after') - n('keyed_after') },
    columns: tests
      .map(({ name }, i) => ({ name, rows: n(`d${i}`) }))
      .filter(({ rows }) => rows > 0)
      .sort((a, b) => b.rows - a.rows),
    examples: shown.map(row => exampleOf(row, key, tests, sides)),
  }
}

function exampleOf(
  row: Record<string, unknown>,
  key: string[],
  tests: { name: string }[],
  { left, right }: { left: ExistingColumn[]; right: ExistingColumn[] },
): Example {
  const kind = row.kind as Example['kind']
  const [before, after] = [row.before, row.after] as (string | null)[][]
  const values: Example['values'] = {}
  const differing = kind === 'changed' ? tests.filter((_, i) => row[`d${i}`] === true).map(({ name }) => name) : undefined
  for (const { name } of kind === 'added' ? right : left) {
    if (key.includes(name) || (differing && !differing.includes(name))) continue
    values[name] = {
      ...(kind === 'added' ? {} : { before: before?.[left.findIndex(column => column.name === name)] ?? null }),
      ...(kind === 'removed' ? {} : { after: after?.[right.findIndex(column => column.name === name)] ?? null }),
    }
  }
  return { kind, key: Object.fromEntries(key.map((name, i) => [name, (row[`k${i}`] ?? null) as string | null])), values }
}

async function byRow(sql: Sql, before: string, after: string, columns: ExistingColumn[], examples: number): Promise<Rows> {
  const line = (side: string) => `to_jsonb(array[${texts(side, columns)}]::text[])`
  await sql.unsafe(`
    create temporary table dbt_differences on commit drop as
    select line, sum(n) as surplus
    from (
        select ${line('b')} as line, -1 as n from ${before} as b
        union all
        select ${line('a')} as line, 1 as n from ${after} as a
    ) as lines
    group by line
    having sum(n) != 0`)
  const counts = await one<Record<string, string>>(
    sql,
    `select
        (select count(*) from ${before} as rows_of) as before,
        (select count(*) from ${after} as rows_of) as after,
        coalesce(sum(surplus) filter (where surplus > 0), 0) as added,
        coalesce(-sum(surplus) filter (where surplus < 0), 0) as removed
    from dbt_differences`,
  )
  const shown = await sql.unsafe<{ line: (string | null)[]; kind: 'added' | 'removed' }[]>(`
    select line, kind
    from (
        select line, kind, row_number() over (partition by kind order by line) as place
        from (select line, case when surplus > 0 then 'added' else 'removed' end as kind from dbt_differences) as kinds
    ) as numbered
    where place <= ${examples}
    order by kind, place`)
  await sql.unsafe('drop table dbt_differences')
  const n = (name: string) => Number(counts[name] ?? 0)
  return {
    rows: { before: n('before'), after: n('after') },
    added: n('added'),
    removed: n('removed'),
    changed: 0,
    same: n('before') - n('removed'),
    unmatched: { before: 0, after: 0 },
    columns: [],
    examples: shown.map(({ line, kind }) => ({
      kind,
      key: {},
      values: Object.fromEntries(
        columns.map(({ name }, i) => [name, kind === 'added' ? { after: line[i] ?? null } : { before: line[i] ?? null }]),
      ),
    })),
  }
}

/** How values of each column are compared: as values if their types allow it, else as text. */
async function comparisons(
  sql: Sql,
  columns: ExistingColumn[],
  retyped: Differences['columnsRetyped'],
): Promise<{ name: string; test: string }[]> {
  const found: { name: string; test: string }[] = []
  const isComparable = new Map<string, boolean>()
  for (const { name, type } of columns) {
    const other = retyped.find(column => column.name === name)?.after ?? type
    const pair = `null::${type} is distinct from null::${other}`
    if (!isComparable.has(pair)) isComparable.set(pair, await works(sql, `select ${pair}`))
    const cast = isComparable.get(pair) ? '' : '::text'
    found.push({ name, test: `b.${quote(name)}${cast} is distinct from a.${quote(name)}${cast}` })
  }
  return found
}

async function works(sql: Sql, statement: string): Promise<boolean> {
  try {
    await underSavepoint(sql, 'trying', () => sql.unsafe(statement))
    return true
  } catch (error) {
    if (isRepeatable(error)) throw error
    return false
  }
}

async function columnsOf(sql: Sql, relation: string): Promise<ExistingColumn[]> {
  await sql.unsafe(`create temporary view dbt_side as select * from ${relation} as side`)
  const found = await findRelation(sql, 'pg_temp.dbt_side')
  // By its bare name, as Citus does not know the schema pg_temp; a temporary view takes precedence.
  await runWherePossible(sql, ['drop view dbt_side'])
  return found?.columns ?? []
}

function texts(side: string, columns: ExistingColumn[]): string {
  return columns.map(({ name }) => `${side}.${quote(name)}::text`).join(', ')
}

async function one<Row extends object>(sql: Sql, statement: string): Promise<Row> {
  const [row] = await sql.unsafe<Row[]>(statement)
  return row!
}
