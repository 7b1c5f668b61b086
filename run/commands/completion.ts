import { createRequire } from 'node:module'
import path from 'node:path'
import type { Command as Commander } from 'commander'
import { ProjectError } from '../base/errors.ts'
import type { Command } from '../cli/command.ts'
import { completedOf, shells } from '../cli/completion.ts'

/** completion: the script that teaches a shell the commands, their options and the names of nodes. */
export async function completionCommand({ report }: Command, [shell = '']: string[], program: Commander): Promise<number> {
  const script = Object.hasOwn(shells, shell) ? shells[shell] : undefined
  if (!script) {
    throw new ProjectError(`Unknown shell '${shell}': expected ${Object.keys(shells).join(', ')}`, {
      hint: 'For example: source <(npx tsx run.ts completion bash)',
    })
  }
  const runner = path.resolve(import.meta.dirname, '../../run.ts')
  const tsx = createRequire(import.meta.url).resolve('tsx')
  const words = ['node', '--import', tsx, runner].map(word => `'${word.replaceAll("'", "'\\''")}'`)
  report.result(script(completedOf(program), words.join(' ')))
  return 0
}
