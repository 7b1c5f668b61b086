import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { readJson } from '../base/json-text.ts'
import type { Command } from '../cli/command.ts'
import { openProject } from '../cli/open-project.ts'
import type { Options } from '../cli/options.ts'

/**
 * retry: repeats the last command, with its options, from what failed according to run_results.json. A failed build kept nothing, as it is
 * one transaction, and is repeated whole; tests and a build with --no-atomic repeat what failed or was skipped.
 */
export async function retryCommand(command: Command, commands: Record<string, (command: Command) => Promise<number>>): Promise<number> {
  const { options, report } = command
  const { targetPath, targetName } = await openProject(command)
  const folder = options.state ? path.resolve(options.state) : targetPath
  const { which, outcome, varNames = [], results, ...given } = await readLast(folder, options.state ?? targetName)
  const again = commands[which]
  if (!again) throw new ProjectError(`The last command, ${which}, cannot be retried`, { hint: `Run it again: npx tsx run.ts ${which}` })

  const left = results.filter(({ status }) => !['success', 'pass', 'warn'].includes(status))
  if (left.length === 0 && outcome !== 'failed' && outcome !== 'interrupted') {
    report.note(`Nothing to retry: the last ${which} succeeded.`)
    return 0
  }
  const missing = varNames.filter(name => !(name in (options.vars ?? {})))
  if (missing.length > 0) {
    throw new ProjectError(`The last ${which} had --vars (${missing.join(', ')}), which artifacts do not keep`, {
      hint: 'Pass them again: retry --vars "{…}".',
    })
  }
  const isPart = which === 'test' || given.atomic === false
  const ids = isPart && left.length > 0 ? left.map(({ unique_id: id }) => id) : given.ids
  const { state: _, ...now } = options
  report.note(
    isPart ? `Retrying ${which}: ${left.length} that failed or were skipped` : `Retrying all of ${which}: a build that fails keeps nothing`,
  )
  return again({ ...command, name: which, options: { ...given, ...now, ...(ids ? { ids } : {}) } })
}

interface Last extends Omit<Options, 'state'> {
  which: string
  /** How a run of models ended; undefined for tests. */
  outcome?: string
  varNames?: string[]
  results: { status: string; unique_id: string }[]
}

async function readLast(folder: string, shown: string): Promise<Last> {
  const file = path.join(folder, 'run_results.json')
  if (!existsSync(file)) {
    throw new ProjectError(`There is nothing to retry: ${shown} has no run_results.json`, {
      hint: 'It is written by build, run, seed, snapshot, plan and test.',
    })
  }
  const { args, results } = readJson(await readFile(file, 'utf8'), path.join(shown, 'run_results.json')) as {
    args: Last
    results: Last['results']
  }
  return { ...args, results }
}
