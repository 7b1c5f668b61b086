import { writeOperationResult } from '../artifacts/run-results.ts'
import { explainPostgres } from '../base/codeframe.ts'
import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Command } from '../cli/command.ts'
import { whileLocked, withDatabase } from '../cli/open-database.ts'
import { openProject } from '../cli/open-project.ts'
import { shownOptions } from '../cli/options.ts'
import { type RunContext, renderMacro, renderText } from '../template/compile.ts'
import { macroBook, macroNamed, macroNames } from '../template/macro-book.ts'
import { inSteps, operationAnswers, told } from './operation-steps.ts'

/** run-operation: runs a macro with --args, or --sql, in one transaction that commits when nothing failed, unless it commits itself. */
export async function operationCommand(command: Command, [name]: string[]): Promise<number> {
  const { options, report } = command
  if (!name === !options.sql)
    throw new ProjectError('run-operation needs a macro or --sql', { hint: 'Use run-operation my_macro --args "{name: value}".' })
  const { project, targetPath } = await openProject(command)
  const book = macroBook(project)
  if (name && !macroNamed(book, name)) {
    const hint = didYouMean(name, macroNames(book))
    throw new ProjectError(`There is no macro '${name}' in the project`, hint ? { hint } : {})
  }
  return withDatabase(command, sql =>
    whileLocked(command, sql, async session => {
      const context: RunContext = {
        database: operationAnswers(session),
        print: message => report.note(message),
        warn: message => report.warn({ message }),
      }
      const startedAt = new Date()
      const done = (status: 'success' | 'error', message: string | null): void =>
        writeOperationResult(targetPath, project, {
          uniqueId: macroNamed(book, name ?? '')?.uniqueId ?? `${name ? 'macro.dbt' : `sqloperation.${project.name}`}.${name ?? 'sql'}`,
          status,
          message,
          startedAt,
          args: { ...shownOptions(options), ...(name ? { macro: name } : {}) },
        })
      await session`begin`
      try {
        if (name) await renderMacro(project, null, name, options.args ?? {}, context)
        else {
          const place = { file: 'sql of the command line', line: 1, column: 1 }
          const rendered = await renderText(project, null, options.sql!, place, context)
          await inSteps(session, { sql: rendered.text, place }, async ({ text, offset }) => {
            await session.unsafe(text).catch(error => {
              throw explainPostgres(error, { ...rendered, text, placeAt: at => rendered.placeAt(at + offset) })
            })
            return told('')
          })
        }
        await session`commit`
        done('success', null)
        return 0
      } catch (error) {
        await session`rollback`.catch(() => {})
        done('error', (error as Error).message)
        if (!(error instanceof ProjectError)) throw error
        report.fail(error)
        return 1
      }
    }),
  )
}
