import { readdirSync } from 'node:fs'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import type { Command } from '../cli/command.ts'
import type { Sql } from '../database/driver.ts'
import { dataFolder } from './data-folder.ts'

/** Seeds in the data folder, `<data>/_seeds/<seed>.csv`: each replaces the seed of that name (R1). Absolute paths by name. */
export function seedsOfFeed(options: Command['options']): { folder: string; files: Map<string, string> } {
  const folder = path.join(dataFolder(options, path.resolve(options.projectDir)), '_seeds')
  const names = namesIn(folder).filter(name => name.endsWith('.csv') && !name.startsWith('.'))
  return { folder, files: new Map(names.map(name => [path.basename(name, '.csv'), path.join(folder, name)])) }
}

/**
 * Refuses a command that loads nothing and would read seeds from another data folder than the one this database was loaded from: rates and
 * overrides of one company must not reach the figures of another.
 */
export async function refuseOtherSeeds({ name, options }: Command, sql: Sql): Promise<void> {
  const [last] = await sql<{ folder: string }[]>`select folder from ops.loads where status = 'finished' order by sequence desc limit 1`
  const { folder, files } = seedsOfFeed(options)
  if (!last || path.dirname(folder) === last.folder) return
  if (files.size === 0 && namesIn(path.join(last.folder, '_seeds')).length === 0) return
  throw new ProjectError(
    `The feed of this database was loaded from ${last.folder}, and ${name} would read the seeds of ${path.dirname(folder)}`,
    {
      hint: `Name the folder: ${name} --data ${last.folder} (or set DATA_DIR).`,
    },
  )
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
