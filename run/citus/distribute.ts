import { ProjectError } from '../base/errors.ts'
import type { Session, Sql } from '../database/driver.ts'
import type { Node, Project } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'
import { inSequence } from './cluster.ts'
import { type Placement, placedNodes } from './placement.ts'

/**
 * Places existing tables, from migrations or from builds before the database was a cluster, as their config says, in one transaction: drops
 * their foreign keys, distributes the tables with their rows, and adds the keys again. Gives the tables' names. Throws a ProjectError for a
 * table that is placed elsewhere, and for a key that Citus does not support.
 */
export async function distribute(session: Session, project: Project): Promise<string[]> {
  const wanted = placedNodes(project).map(({ node, placement }) => ({ node, placement, relation: relationName(node) }))
  const there = await tables(
    session,
    wanted.map(({ relation }) => relation),
  )
  const todo = wanted.filter(one => isToBePlaced(one, there.get(one.relation)))
  if (todo.length === 0) return []
  await session`begin`
  try {
    await session.unsafe(inSequence)
    const names = todo.map(({ relation }) => relation)
    const keys = await session<{ relation: string; name: string; definition: string }[]>`
      select conrelid::regclass::text as relation, format('%I', conname) as name, pg_get_constraintdef(oid) as definition
      from pg_constraint
      where contype = 'f' and conparentid = 0
        and (conrelid::oid = any(${names}::text[]::regclass[]::oid[]) or confrelid::oid = any(${names}::text[]::regclass[]::oid[]))
      order by conrelid::regclass::text, conname
    `
    for (const { relation, name } of keys) await session.unsafe(`alter table ${relation} drop constraint ${name}`)
    for (const { node, relation, placement } of todo.sort((a, b) => rank(a.placement) - rank(b.placement))) {
      const isEmpty = (await session.unsafe(`select 1 from ${relation} limit 1`)).length === 0
      await place(session, node, relation, placement)
      if (!isEmpty) await session`select truncate_local_data_after_distributing_table(${relation}::text::regclass)`
    }
    for (const { relation, name, definition } of keys) await session.unsafe(`alter table ${relation} add constraint ${name} ${definition}`)
    await session`commit`
    return names
  } catch (error) {
    await session`rollback`.catch(() => {})
    throw error
  }
}

/** Distributes a plain table. */
export async function place(sql: Sql, node: Node, relation: string, placement: Placement): Promise<void> {
  if (placement.kind === 'reference') {
    await sql`select create_reference_table(${relation}::text::regclass)`
    return
  }
  await checkUniqueKeys(sql, node, relation, placement.column)
  const { column, colocateWith, shardCount } = placement
  await sql`
    select create_distributed_table(
        ${relation}::text::regclass, ${column}, colocate_with => ${colocateWith ?? 'default'}, shard_count => ${shardCount}::int
    )
  `.catch(error => {
    throw Object.assign(new ProjectError(`Citus does not distribute ${relation} by ${column}: ${(error as Error).message}`, where(node)), {
      cause: error,
    })
  })
}

// Reference tables first, and a table after the one that it is colocated with.
function rank(placement: Placement): number {
  return placement.kind === 'reference' ? 0 : placement.colocateWith ? 2 : 1
}

interface Table {
  kind: 'local' | 'reference' | 'distributed'
  column: string | null
}

async function tables(sql: Sql, names: string[]): Promise<Map<string, Table>> {
  const rows = await sql<{ name: string; kind: Table['kind']; column: string | null }[]>`
    select
        name,
        case when partkey is not null then 'distributed' when repmodel = 't' then 'reference' else 'local' end as kind,
        case when partkey is not null then column_to_column_name(logicalrelid, partkey) end as column
    from unnest(${names}::text[]) as names (name)
    inner join pg_class on pg_class.oid = to_regclass(name) and relkind in ('r', 'p')
    left join pg_dist_partition on logicalrelid = pg_class.oid
  `
  return new Map(rows.map(({ name, kind, column }) => [name, { kind, column }]))
}

function isToBePlaced({ node, placement, relation }: { node: Node; placement: Placement; relation: string }, table?: Table): boolean {
  if (!table) return false
  if (table.kind === 'local') return true
  const column = placement.kind === 'distributed' ? placement.column : null
  if (table.kind === placement.kind && table.column === column) return false
  const words = (kind: string, by: string | null) => (kind === 'reference' ? 'a reference table' : `distributed by ${by}`)
  throw new ProjectError(`${relation} is ${words(table.kind, table.column)}, but its config says ${words(placement.kind, column)}`, {
    ...where(node),
    hint: `Change the config back; or run: select undistribute_table('${relation}', cascade_via_foreign_keys => true); and build again.`,
  })
}

async function checkUniqueKeys(sql: Sql, node: Node, relation: string, column: string): Promise<void> {
  const bad = await sql<{ name: string; columns: string }[]>`
    select indexrelid::regclass::text as name, string_agg(quote_ident(attname), ', ' order by attnum) as columns
    from pg_index
    inner join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    where indrelid = ${relation}::text::regclass and indisunique
    group by indexrelid
    having not bool_or(attname = ${column})
    order by 1
  `
  if (bad.length === 0) return
  throw new ProjectError(
    `${relation} cannot be distributed by ${column}: ${bad.map(({ name, columns }) => `${name} (${columns})`).join(', ')} does not contain it`,
    {
      ...where(node),
      hint: 'Each primary key and unique index of a distributed table must contain its distributed_by column: add it there, or distribute by a column that they share.',
    },
  )
}

function relationName({ schema, alias }: Node): string {
  return `${quote(schema)}.${quote(alias)}`
}

function where({ patch, place }: Node) {
  return { place: patch ?? place }
}
