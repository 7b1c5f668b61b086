import { md5 } from '../base/hash.ts'
import { findRelation } from '../database/catalogue.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { constraintsOf } from '../manifest/constraints.ts'
import { hasContract } from '../manifest/contract.ts'
import type { Constraint, Node } from '../manifest/node.ts'
import { literal, quote } from '../manifest/relation.ts'
import { type RunContext, renderText } from '../template/compile.ts'
import type { Work } from './context.ts'
import { runSql, target } from './statements.ts'

/** A constraint that a contract wants on its table. */
interface Wanted {
  name: string
  definition: string
}

/** Drops constraints that an earlier contract created and this one lacks, before new rows arrive: the constraints might refuse them. */
export async function dropStaleConstraints(work: Work): Promise<void> {
  const wanted = new Map((await wantedConstraints(work)).map(({ name, definition }) => [name, definition]))
  const there = await ownConstraints(work)
  for (const { name, definition } of there)
    if (wanted.get(name) !== definition) await runSql(work, `alter table ${target(work)} drop constraint if exists ${quote(name)}`)
  if (!work.contract) return
  const required = new Set(notNullColumns(work.node))
  const rows = await work.sql.unsafe<{ name: string }[]>(
    `select attname as name from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and attnotnull and not attisdropped
        and not exists (select from pg_index where indrelid = attrelid and indisprimary and attnum = any (indkey))`,
    [target(work)],
  )
  for (const { name } of rows)
    if (!required.has(name)) await runSql(work, `alter table ${target(work)} alter column ${quote(name)} drop not null`)
}

/**
 * Adds the constraints of the contract that the table lacks. PostgreSQL enforces them all; foreign keys are deferred to the end of the
 * build, so that the order of models does not matter.
 */
export async function addConstraints(work: Work): Promise<void> {
  const open = new Set(await nullableColumns(work))
  for (const column of notNullColumns(work.node))
    if (open.has(column)) await whenPossible(work, [`alter table ${target(work)} alter column ${quote(column)} set not null`])
  const there = new Set((await ownConstraints(work)).map(({ name }) => name))
  const key = (await findRelation(work.sql, target(work)))?.primaryKey.map(quote).join(', ')
  for (const { name, definition } of await wantedConstraints(work))
    if (!there.has(name) && definition !== `primary key (${key})`) await whenPossible(work, creation(target(work), name, definition))
}

/** Drops the contracts' foreign keys that reference a relation about to be recreated; the end of the build adds them again. */
export async function releaseReferences(work: Work, oid: number): Promise<void> {
  const rows = await work.sql.unsafe<{ child: string; name: string; definition: string }[]>(
    `select conrelid::regclass::text as child, conname as name, substr(description, ${mark.length + 1}) as definition
    from pg_constraint
    inner join pg_description on objoid = pg_constraint.oid and classoid = 'pg_constraint'::regclass
    where confrelid = $1 and conrelid != confrelid and starts_with(description, $2)`,
    [oid, mark],
  )
  for (const { child, name, definition } of rows) {
    const drop = `alter table ${child} drop constraint if exists ${quote(name)}`
    await runSql(work, drop)
    work.pendingKeys.push(drop, ...creation(child, name, definition))
  }
}

// Marks our constraints, to tell them from those that somebody else added to the table.
const mark = 'contract: '

function creation(relation: string, name: string, definition: string): string[] {
  return [
    `alter table ${relation} add constraint ${quote(name)} ${definition}`,
    `comment on constraint ${quote(name)} on ${relation} is ${literal(mark + definition)}`,
  ]
}

// A table with pending deferred checks cannot be altered: such statements wait for the end of the build.
async function whenPossible(work: Work, statements: string[]): Promise<void> {
  await underSavepoint(work.sql, 'contract', async () => {
    for (const statement of statements) await runSql(work, statement)
  }).catch(error => {
    if ((error as { cause?: { code?: string } }).cause?.code !== '55006') throw error
    work.pendingKeys.push(...statements)
  })
}

async function nullableColumns(work: Work): Promise<string[]> {
  const rows = await work.sql.unsafe<{ name: string }[]>(
    'select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attnotnull and not attisdropped',
    [target(work)],
  )
  return rows.map(row => row.name)
}

function notNullColumns(node: Node): string[] {
  return constraintsOf(node).flatMap(({ constraint, columns }) => (constraint.type === 'not_null' ? columns : []))
}

async function wantedConstraints({ project, node, context }: Work): Promise<Wanted[]> {
  const wanted: Wanted[] = []
  if (!hasContract(node)) return []
  for (const { constraint, columns } of constraintsOf(node)) {
    if (constraint.type === 'not_null') continue
    const definition = await definitionOf(constraint, columns)
    wanted.push({ name: constraint.name ?? `${node.alias.slice(0, 40)}_${constraint.type}_${md5(definition).slice(0, 8)}`, definition })
  }
  return wanted

  async function definitionOf({ type, expression, to, to_columns: others = [] }: Constraint, columns: string[]): Promise<string> {
    const list = columns.map(quote).join(', ')
    if (type === 'check') return `check (${expression})`
    if (type === 'unique') return `unique (${list})`
    if (type === 'primary_key') return `primary key (${list})`
    const parent = to ? await relationText(to, context) : ''
    const reference = to ? `${parent}${others.length > 0 ? ` (${others.map(quote).join(', ')})` : ''}` : expression
    return `foreign key (${list}) references ${reference} deferrable initially deferred`
  }

  async function relationText(to: string, run: RunContext): Promise<string> {
    const { text } = await renderText(project, node, /^(ref|source)\s*\(/.test(to) ? `{{ ${to} }}` : to, node.patch ?? node.place, run)
    return text.trim()
  }
}

async function ownConstraints(work: Work): Promise<Wanted[]> {
  const { constraints = [] } = (await findRelation(work.sql, target(work))) ?? {}
  return constraints
    .filter(({ comment }) => comment.startsWith(mark))
    .map(({ name, comment }) => ({ name, definition: comment.slice(mark.length) }))
}
