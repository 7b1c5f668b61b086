import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { answering } from '../answers.ts'
import { catalogOf } from '../catalogfile.ts'
import { explainPostgres } from '../codeframe.ts'
import { compileNode, type RunContext, renderMacro, renderText } from '../compile.ts'
import { macroBook } from '../context.ts'
import { ProjectError } from '../errors.ts'
import { didYouMean } from '../jinja/suggest.ts'
import { withLock } from '../lock.ts'
import { writeManifest } from '../manifest.ts'
import { type Command, openProject, selected, withDatabase } from '../open.ts'
import { controlsTransaction, statementsOf } from '../statements.ts'

/** run-operation: a macro with --args, or --sql, in one transaction that is kept when nothing failed. Gives the exit code. */
export async function operationCommand(command: Command, [name]: string[]): Promise<number> {
  const { options, report } = command
  if (!name === !options.sql)
    throw new ProjectError('run-operation needs a macro or --sql', { hint: 'Say run-operation my_macro --args "{name: value}".' })
  const { project } = await openProject(command)
  const book = macroBook(project)
  if (name && !book.own.has(name) && !book.runner.has(name)) {
    const hint = didYouMean(name, book.own.keys())
    throw new ProjectError(`There is no macro '${name}' in the project`, hint ? { hint } : {})
  }
  const onWait = (holder: string) => report.note(`Waiting for another build or load: ${holder}`)
  return withDatabase(command, sql =>
    withLock(sql, { wait: options.wait !== false, onWait }, async session => {
      const context: RunContext = {
        database: answering(session),
        print: message => report.note(message),
        warn: message => report.warn({ message }),
      }
      await session`begin`
      try {
        if (name) await renderMacro(project, null, name, options.args ?? {}, context)
        else {
          const rendered = await renderText(project, null, options.sql!, { file: 'sql of the command line', line: 1, column: 1 }, context)
          const control = statementsOf(rendered.text).find(controlsTransaction)
          if (control)
            throw new ProjectError(`${control.verb.toUpperCase()} is not for an operation: it runs in one transaction, which ends with it`)
          await session.unsafe(rendered.text).catch(error => {
            throw explainPostgres(error, rendered)
          })
        }
        await session`commit`
        return 0
      } catch (error) {
        await session`rollback`.catch(() => {})
        if (!(error instanceof ProjectError)) throw error
        report.fail(error)
        return 1
      }
    }),
  )
}

/** docs generate: manifest.json with compiled SQL, and catalog.json with what the database has. */
export async function docsCommand(command: Command): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  const { project, targetPath } = opened
  const { nodes } = await selected(command, opened, ['model', 'snapshot', 'test'])
  return withDatabase(command, async sql => {
    const compiled = new Map<string, string>()
    const context = { database: answering(sql) }
    for (const node of options.compile === false ? [] : nodes)
      compiled.set(node.uniqueId, (await compileNode(project, node, context)).text.trim())
    const catalog = await catalogOf(sql, project)
    await writeManifest(targetPath, project, compiled)
    await mkdir(targetPath, { recursive: true })
    await writeFile(path.join(targetPath, 'catalog.json'), `${JSON.stringify(catalog, null, 2)}\n`)
    report.note(`Wrote manifest.json and catalog.json to ${opened.targetName}`)
    return 0
  })
}
