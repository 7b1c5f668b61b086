import { runProgram } from '../cli/program.ts'
import { commands } from '../commands/commands.ts'
import { withFeed } from './commands/commands.ts'
import { feed } from './extension.ts'

/** Runs what the command line asks for, with what this warehouse adds, and gives the exit code. */
export function main(): Promise<number> {
  return runProgram(withFeed(commands), feed)
}
