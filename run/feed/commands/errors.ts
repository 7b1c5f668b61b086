import { declarationOf } from '../../../loaders/declaration.ts'
import { isEntity } from '../../../loaders/entities.ts'
import { ProjectError } from '../../base/errors.ts'
import type { Command } from '../../cli/command.ts'
import { withDatabase } from '../../cli/open-database.ts'
import { buildCommand } from '../../commands/build.ts'
import type { Sql } from '../../database/driver.ts'
import { asJson, fetchRows } from '../../database/rows.ts'
import type { Refused } from '../../execute/summary.ts'
import { literal, quote } from '../../manifest/relation.ts'
import { plural } from '../../report/format.ts'
import { countLines, type ErrorCount, type ErrorRecord, recordLines } from '../error-lines.ts'
import { errorTables, openErrors } from '../open-errors.ts'

/** errors: counts of refused records; --show N prints records; --replay judges all of them again. */
export async function errorsCommand(command: Command): Promise<number> {
  const { options, report } = command
  if (options.replay) {
    // Judges all landed records again, and rebuilds what depends on them.
    const again = { ...command, name: 'build', options: { ...options, fullRefresh: true } }
    return buildCommand(again, { types: ['model', 'seed', 'test'], loads: false, prepare: sql => rejudged(command, sql) })
  }
  return withDatabase(command, async sql => {
    const all = await errorTables(sql)
    const tables = options.entity ? all.filter(table => matches(table, options.entity ?? '')) : all
    if (options.entity && tables.length === 0) {
      throw new ProjectError(`Unknown entity '${options.entity}': it has no errors table`, {
        hint: all.length > 0 ? `Expected one of ${all.join(', ')}.` : 'There are no errors tables yet: run a build first.',
      })
    }
    if (tables.length === 0) {
      report.note('There are no errors tables yet: run a build first.')
      return 0
    }
    const { show: most } = options
    if (options.output === 'json') {
      report.result(asJson(await fetchRows(sql, most === undefined ? countsOf(tables) : recordsOf(tables), most ?? -1)))
      return 0
    }
    const counts = await sql.unsafe<ErrorCount[]>(countsOf(tables))
    if (counts.length === 0) report.note('No open errors.')
    else if (most === undefined) report.result(countLines(counts).join('\n'))
    else {
      const records = await sql.unsafe<ErrorRecord[]>(
        `${recordsOf(tables, 'raw_record::text as raw_record')}${most < 0 ? '' : ` limit ${most}`}`,
      )
      report.result(recordLines(records, counts, process.stdout.columns ?? 80).join('\n'))
    }
    return 0
  })
}

// Checks again which records conform to their declarations, which only the loader can tell; gives the errors that were open before.
async function rejudged({ report }: Command, sql: Sql): Promise<Refused[]> {
  const open = await openErrors(sql)
  const { rejudge } = await import('../../../loaders/rejudge.ts')
  const changed = await rejudge(sql)
  if (changed > 0) report.note(`${plural(changed, 'record')} re-checked against a changed declaration`)
  return open
}

function countsOf(tables: string[]): string {
  const parts = tables.map(
    table =>
      `select ${literal(table)} as table_name, severity, error_type, source, count(*) as records from errors.${quote(table)} where resolved_at is null group by severity, error_type, source`,
  )
  return `${parts.join('\nunion all\n')}\norder by 1, 2, 3, 4`
}

function recordsOf(tables: string[], record = 'raw_record'): string {
  const parts = tables.map(
    table =>
      `select ${literal(table)} as table_name, severity, error_type, error_message, field, source, file, position, ${record}, raw_text from errors.${quote(table)} where resolved_at is null`,
  )
  return `${parts.join('\nunion all\n')}\norder by severity, table_name, source, file, position`
}

// Matches by the name of an entity, or of an errors table.
function matches(table: string, entity: string): boolean {
  return table === entity || table === `${entity}_pipeline_errors` || (isEntity(entity) && declarationOf(entity).errors.includes(table))
}
