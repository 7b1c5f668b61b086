import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from '../cli/command.ts'
import { openPartly } from '../cli/open-project.ts'
import type { Session, Sql } from '../database/driver.ts'
import { hasRelations } from '../database/relations.ts'
import type { Alert } from '../execute/feed-state.ts'
import { literal } from '../manifest/relation.ts'
import { readCsv } from '../parse/csv.ts'
import { compileNode } from '../template/compile.ts'

/** The alert for batches without a day whose names hold digits, and that sync_batches does not list (R2). */
export async function undatedAlerts(session: Session | Sql): Promise<Alert[]> {
  return alertsOf(session, 'staging.base_batch_dates', 'staging.sync_batches')
}

/**
 * The same after a load, before what landed is built: the project's models are rendered to read the names. No alerts where the project has
 * mistakes.
 */
export async function undatedAfterLoad(command: Command, sql: Sql): Promise<Alert[]> {
  if (await isBuilt(sql)) return alertsOf(sql, 'staging.base_batch_dates', 'staging.sync_batches')
  const { project, errors } = await openPartly(command)
  const node = (name: string) => [...project.nodes.values()].find(node => node.name === name)
  const [batches, seed] = [node('base_batch_dates'), node('sync_batches')]
  if (errors.length > 0 || !batches || !seed) return []
  const text = await readFile(path.join(project.dir, seed.path), 'utf8')
  const named = `jsonb_to_recordset(${literal(JSON.stringify(objectsOf(readCsv(text, seed.path))))}) as named (batch text, sync_date date)`
  const compiled = await compileNode(project, batches, { standIn: node => (node === seed ? named : undefined) })
  return alertsOf(sql, `(${compiled.text})`, named)
}

/** Whether the last build has seen all batches. */
async function isBuilt(sql: Sql): Promise<boolean> {
  if (!(await hasRelations(sql, ['staging.base_batch_dates', 'staging.sync_batches']))) return false
  const [row] = await sql<{ missing: boolean }[]>`
    select exists (select batch from ops.batches except select source from staging.base_batch_dates) as missing`
  return row?.missing === false
}

async function alertsOf(sql: Session | Sql, batches: string, named: string): Promise<Alert[]> {
  const rows = await sql.unsafe<{ source: string }[]>(`
    select distinct source, batch_order
    from ${batches} as batches
    where sync_date is null
        and source ~ '[0-9]'
        and source not in (select batch from ${named})
        and exists (select from ops.files where files.batch = batches.source)
    order by batch_order`)
  return rows.length === 0 ? [] : [alertOf([...new Set(rows.map(({ source }) => source))])]
}

function alertOf(batches: string[]): Alert {
  const [first = ''] = batches
  const names = batches.length > 5 ? `${batches.slice(0, 5).join(', ')} and ${batches.length - 5} more` : batches.join(', ')
  const isOne = batches.length === 1
  return {
    name: 'UndatedBatch',
    message: `${isOne ? 'Batch' : 'Batches'} ${names} ${isOne ? 'has' : 'have'} no date in the name: ${isOne ? 'it is' : 'they are'} left out of histories, and agents missing from ${isOne ? 'it' : 'them'} are not treated as removed`,
    hint: `Add a line to sync_batches.csv (in seeds/, or in _seeds/ of the data folder): ${first},YYYY-MM-DD, or ${first}, without a date if it belongs to no day.`,
  }
}

function objectsOf({ columns, rows }: ReturnType<typeof readCsv>): Record<string, string | null>[] {
  return rows.map(row => Object.fromEntries(columns.map(({ name }, i) => [name.replaceAll('"', ''), row[i] ?? null])))
}
