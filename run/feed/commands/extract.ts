import path from 'node:path'
import { readSources } from '../../../loaders/extract/config.ts'
import { dryRun } from '../../../loaders/extract/dryrun.ts'
import { extract } from '../../../loaders/extract/extract.ts'
import { exitCodeOf } from '../../../loaders/extract/failure.ts'
import { preflight } from '../../../loaders/extract/preflight.ts'
import { eventLine } from '../../../loaders/extract/progress.ts'
import type { SourceConfig } from '../../../loaders/extract/source-config.ts'
import type { Command } from '../../cli/command.ts'
import { withDatabase } from '../../cli/open-database.ts'
import { openFolder } from '../../cli/open-project.ts'
import { hasRelations } from '../../database/relations.ts'
import { Interrupted } from '../../execute/interrupted.ts'
import { plural } from '../../report/format.ts'
import { dataFolder } from '../data-folder.ts'

/**
 * extract: one batch of the day from the sources, complete or not at all; --dry-run tells what would be requested. Gives the exit code of
 * docs/extract.md.
 */
export async function extractCommand(command: Command, names: string[]): Promise<number> {
  const { options, report, signal } = command
  const { dir } = await openFolder(command)
  const sources = readSources(names)
  const dataDir = dataFolder(options, dir)
  if (options.dryRun) {
    const { batch, lines, missing } = dryRun({ sources, dataDir })
    report.result(
      [`Would write ${path.join(dataDir, batch)}. Nothing is sent.`, ...lines, ...missing.map(line => `missing: ${line}`)].join('\n'),
    )
    return missing.length > 0 ? 2 : 0
  }
  const published = options.fullRefresh ? new Map<string, unknown>() : await publishedMarkers(command, sources)
  try {
    const { folder, calls, marker } = await extract({
      sources,
      dataDir,
      batch: options.batch,
      signal,
      full: options.fullRefresh ?? false,
      publishedMarker: entity => published.get(entity),
      onEvent: event => {
        if (event.kind === 'walked' && !event.isDone) report.status(eventLine(event))
        else report.note(eventLine(event))
      },
    })
    const counted = Object.entries(calls).map(([source, count]) => `${source} ${plural(count, 'call')}`)
    report.note(`Extracted ${path.relative(process.cwd(), folder)} at ${marker.finished_at}: ${counted.join(', ')}`)
    return 0
  } catch (error) {
    if (signal.aborted) throw new Interrupted()
    const code = exitCodeOf(error)
    if (code === undefined) throw error
    report.fail(error)
    return code
  } finally {
    report.status('')
  }
}

/** debug --extract: sends one request to each source, which tells whose key it is. Gives the worst exit code. */
export async function preflightCommand({ report, signal }: Command): Promise<number> {
  const found = await preflight({ sources: readSources([]), signal })
  for (const { source, host, who, problems } of found) {
    report.result(`${source}: ${[host, problems.length === 0 ? 'OK' : undefined, who].filter(Boolean).join(', ')}`)
    for (const problem of problems) report.result(`problem: ${problem}`)
  }
  return Math.max(...found.map(({ exitCode }) => exitCode))
}

/**
 * The newest markers that a publish has seen, by entity. Changes are requested from there on, so that those which a failed build did not
 * publish are requested again.
 */
export async function publishedMarkers(command: Command, sources: SourceConfig[]): Promise<Map<string, unknown>> {
  const entities = [...new Set(sources.flatMap(source => source.entities.map(({ entity }) => entity)))]
  return withDatabase(command, async sql => {
    if (!(await hasRelations(sql, ['ops.markers', 'ops.runs']))) return new Map()
    const rows = await sql<{ entity: string; marker: unknown }[]>`
      select distinct on (batches.entity) batches.entity, markers.marker
      from ops.markers
      inner join ops.batches on batches.batch = markers.batch
      where batches.entity = any(${entities})
          and markers.marker -> 'entities' -> batches.entity ->> 'complete' = 'true'
          and batches.changed_in <= (select max(landed_in) from ops.runs where status in ('published', 'unchanged'))
      order by batches.entity, markers.marker ->> 'finished_at' desc`
    return new Map(rows.map(({ entity, marker }) => [entity, marker]))
  })
}
