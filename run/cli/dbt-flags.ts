import { type Command, Option } from 'commander'
import { useInstead } from '../base/suggest.ts'

/** Adds dbt's options that this runner lacks: ignored, or refused with the alternative. Hidden in the help. */
export function dbtFlags(command: Command): Command {
  for (const flag of silent) command.addOption(new Option(flag).hideHelp())
  const lacking = Object.entries(refused).filter(([flag]) => !command.options.some(({ flags }) => flags === flag))
  for (const [flag] of lacking) command.addOption(new Option(flag).hideHelp())
  return command.hook('preAction', (_, self) => {
    const given = self.opts()
    for (const [flag, instead] of lacking) {
      const option = new Option(flag)
      if (given[option.attributeName()] !== undefined) self.error(`error: not supported: ${option.long}. ${useInstead(instead)}`)
    }
  })
}

/** dbt's commands that this runner lacks, and the alternatives. */
export const refusedCommands: Record<string, string> = {
  init: 'a folder with a dbt_project.yml of your own',
  clone: '`create table … as` in a migration, or a model that selects from the other schema',
}

// dbt's options for faster parsing, colours and telemetry, which have no effect here (colours follow NO_COLOR). A build is one session, so
// that threads have none either.
const silent = [
  '--threads <n>',
  '--partial-parse',
  '--no-partial-parse',
  '--static-parser',
  '--no-static-parser',
  '--version-check',
  '--no-version-check',
  '--send-anonymous-usage-stats',
  '--no-send-anonymous-usage-stats',
  '--populate-cache',
  '--no-populate-cache',
  '--cache-selected-only',
  '--use-colors',
  '--no-use-colors',
  '--use-colors-file',
  '--no-use-colors-file',
  '--log-cache-events',
  '--printer-width <n>',
  '--introspect',
  '--show-resource-report',
  '--clean-project-files-only',
  '--no-clean-project-files-only',
]

const refused: Record<string, string> = {
  '--defer': 'a database that has the parents, or --select +model',
  '--favor-state': 'a database that has the parents, or --select +model',
  '--defer-state <folder>': 'a database that has the parents, or --select +model',
  '--empty': '`compile` or `plan`',
  '--sample <period>': 'a condition on a var() in your models',
  '--event-time-start <time>': 'incremental_predicates and a var()',
  '--event-time-end <time>': 'incremental_predicates and a var()',
  '--warn-error-options <yaml>': '--warn-error',
}
