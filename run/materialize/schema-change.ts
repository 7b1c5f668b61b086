import { ProjectError } from '../base/errors.ts'
import { type Existing, findRelation } from '../database/catalogue.ts'
import { quote } from '../manifest/relation.ts'
import type { Work } from './context.ts'
import { runSql, target } from './statements.ts'

/**
 * Widens varchar columns that the query makes longer, as dbt does whatever on_schema_change says: its rows would not fit otherwise. Then
 * applies on_schema_change to an incremental table whose query has other columns: ignore (default), fail, append_new_columns,
 * sync_all_columns. Gives the table as it is afterwards.
 */
export async function changeSchema(work: Work, before: Existing, incoming: Existing): Promise<Existing> {
  const existing = await widen(work, before, incoming)
  const have = new Map(existing.columns.map(column => [column.name, column.type]))
  const want = new Map(incoming.columns.map(column => [column.name, column.type]))
  const added = incoming.columns.filter(column => !have.has(column.name))
  const removed = existing.columns.filter(column => !want.has(column.name))
  const retyped = incoming.columns.filter(column => have.has(column.name) && have.get(column.name) !== column.type)
  if (added.length + removed.length + retyped.length === 0) return existing

  const relation = target(work)
  const mode = String(work.node.config.on_schema_change ?? 'ignore')
  if (mode === 'ignore' && removed.length > 0)
    throw new ProjectError(`The query does not return ${removed.map(({ name }) => `'${name}'`).join(', ')}, which ${relation} has`, {
      place: work.node.place,
      hint: 'Put it back, run it with --full-refresh, or set on_schema_change to append_new_columns or sync_all_columns.',
    })
  if (mode === 'fail') {
    const list = (title: string, columns: { name: string }[]) =>
      columns.length > 0 ? [`${title}: ${columns.map(column => column.name).join(', ')}`] : []
    const differences = [...list('new', added), ...list('gone', removed), ...list('of a different type', retyped)].join('; ')
    throw new ProjectError(`The columns of the query differ from those of ${relation} (${differences}), and on_schema_change is fail`, {
      place: work.node.place,
      hint: 'Run it with --full-refresh, or set on_schema_change to append_new_columns or sync_all_columns.',
    })
  }
  if (mode !== 'append_new_columns' && mode !== 'sync_all_columns') return existing

  for (const { name, type } of added) await runSql(work, `alter table ${relation} add column ${quote(name)} ${type}`)
  if (mode === 'sync_all_columns') {
    for (const { name } of removed) await runSql(work, `alter table ${relation} drop column ${quote(name)}`)
    for (const { name, type } of retyped) {
      await runSql(work, `alter table ${relation} alter column ${quote(name)} type ${type} using ${quote(name)}::${type}`)
    }
  }
  return (await findRelation(work.sql, relation)) ?? existing
}

async function widen(work: Work, existing: Existing, incoming: Existing): Promise<Existing> {
  const wider = incoming.columns.filter(({ name, type }) => {
    const [from, to] = [lengthOf(existing.columns.find(column => column.name === name)?.type), lengthOf(type)]
    return from !== undefined && to !== undefined && to > from
  })
  if (wider.length === 0) return existing
  const relation = target(work)
  for (const { name, type } of wider) await runSql(work, `alter table ${relation} alter column ${quote(name)} type ${type}`)
  return (await findRelation(work.sql, relation)) ?? existing
}

// The most characters that a text type holds; undefined for other types.
function lengthOf(type: string | undefined): number | undefined {
  if (type === 'text' || type === 'character varying') return Number.POSITIVE_INFINITY
  const [, length] = /^character varying\((\d+)\)$/.exec(type ?? '') ?? []
  return length === undefined ? undefined : Number(length)
}
