import { writeManifest } from '../artifacts/manifest.ts'
import { writeCompiled, writeRunResults } from '../artifacts/run-results.ts'
import type { Rendered } from '../base/codeframe.ts'
import { explainPostgres } from '../base/codeframe.ts'
import { isPostgresError, ProjectError } from '../base/errors.ts'
import { useCluster } from '../citus/prepare.ts'
import type { Command } from '../cli/command.ts'
import { withDatabase } from '../cli/open-database.ts'
import { type Opened, openProject } from '../cli/open-project.ts'
import { shownOptions } from '../cli/options.ts'
import { selected } from '../cli/selection.ts'
import type { Session, Sql } from '../database/driver.ts'
import { listRelations } from '../database/relations.ts'
import { asJson, asTable, fetchRows } from '../database/rows.ts'
import { statementsOf } from '../database/split-statements.ts'
import { cutOffOf } from '../execute/cut-off.ts'
import { contextOf } from '../execute/run-context.ts'
import { definitions } from '../graph/definition.ts'
import { hasLog, publishedNodes } from '../history/run-log.ts'
import type { Node } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { explainStatement } from '../materialize/statements.ts'
import { compileNode, compileText, type RunContext, renderText } from '../template/compile.ts'

/** show: rows of a query or a model, and nothing else on stdout. */
export async function showCommand(command: Command): Promise<number> {
  const { options, report } = command
  if (!options.inline === !options.select) {
    throw new ProjectError('show needs a query or a model', {
      hint: `Say --inline "select * from {{ ref('agents') }}" or --select agents.`,
    })
  }
  const opened = await openProject(command)
  return withDatabase(command, async sql => {
    const rendered = await compiling(command, opened, sql, context => compileOne(command, opened, context))
    const statements = statementsOf(rendered.text)
    if (statements.length !== 1) throw new ProjectError(`show takes one query, not ${statements.length === 0 ? 'none' : statements.length}`)
    const query = statements[0]!.text
    const shown = await fetchRows(sql, query, options.limit ?? 5).catch(error => {
      throw shownError(error, rendered, query)
    })
    report.result(options.output === 'json' ? asJson(shown) : asTable(shown))
    return 0
  })
}

/** compile: the SQL of the selection in target/compiled; of a single node or of --inline also on stdout. */
export async function compileCommand(command: Command): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  return withDatabase(command, async sql => {
    if (options.inline) {
      const { text } = await compiling(command, opened, sql, context => compileOne(command, opened, context))
      report.result(options.output === 'json' ? JSON.stringify({ compiled: text.trim() }, null, 2) : text.trim())
      return 0
    }
    const { nodes } = await selected(command, opened, ['model', 'snapshot', 'test'])
    const began = performance.now()
    const results = await compiling(command, opened, sql, context => compileAll(opened, nodes, context))
    const texts = new Map(results.map(({ node, compiled }) => [node.uniqueId, compiled ?? '']))
    const elapsedSeconds = (performance.now() - began) / 1000
    writeRunResults(opened.targetPath, opened.project, results, { command: 'compile', args: shownOptions(options), elapsedSeconds })
    await writeManifest(opened.targetPath, opened.project, texts)
    const models = nodes.filter(node => node.resourceType === 'model')
    const only = nodes.length === 1 ? nodes[0] : options.select && models.length === 1 ? models[0] : undefined
    const text = only ? (texts.get(only.uniqueId) ?? '') : ''
    if (only) report.result(options.output === 'json' ? JSON.stringify({ node: only.name, compiled: text }, null, 2) : text)
    else report.note(`Compiled ${nodes.length} nodes to ${opened.targetName}/compiled`)
    return 0
  })
}

async function compileAll({ project, targetPath }: Opened, nodes: Node[], context: RunContext): Promise<NodeResult[]> {
  const results: NodeResult[] = []
  for (const node of nodes) {
    const startedAt = new Date()
    const { text } = await compileNode(project, node, context)
    writeCompiled(targetPath, node, text)
    results.push({ ...empty(node), startedAt, finishedAt: new Date(), compiled: text.trim() })
  }
  return results
}

// Templates may ask the database; they ask it in a transaction that only reads.
async function compiling<T>(
  { report, options }: Command,
  { project }: Opened,
  sql: Sql,
  work: (context: RunContext) => Promise<T>,
): Promise<T> {
  const session: Session = await sql.reserve()
  try {
    const withLog = await hasLog(session)
    const published = withLog ? await publishedNodes(session) : new Map()
    const onCitus = await useCluster(session, project.citus)
    await session`begin read only`
    const asked = { storeFailures: false, warnError: false, fullRefresh: options.fullRefresh ?? false }
    const relations = await listRelations(session)
    const basis = { ...asked, project, definitions: definitions(project), stamp: '' }
    const cutOff = withLog ? await cutOffOf(session, basis, published, relations) : undefined
    return await work(contextOf(session, { ...asked, hasLog: withLog, onCitus }, { relations, published, cutOff }, report))
  } finally {
    await session`rollback`.catch(() => {})
    session.release()
  }
}

async function compileOne(command: Command, opened: Opened, context: RunContext): Promise<Rendered> {
  const { options, report } = command
  if (options.inline) {
    const { textOf } = report
    report.textOf = file => (file === INLINE ? options.inline : textOf(file))
    return compileText(opened.project, options.inline, { file: INLINE, line: 1, column: 1 }, context)
  }
  const { nodes } = await selected(command, opened, ['model', 'seed', 'snapshot', 'test'])
  const models = nodes.filter(node => node.resourceType !== 'test')
  const node = models.length === 1 ? models[0] : nodes.length === 1 ? nodes[0] : undefined
  if (!node) throw new ProjectError(`show takes one model, but the selection has ${models.length}`, { hint: 'Name one with --select.' })
  // Of a model that only brings what is new, its rows are in its table.
  if (node.resourceType !== 'seed' && !context.isIncremental?.(node)) return compileNode(opened.project, node, context)
  return renderText(opened.project, null, `select * from ${node.relationName}`, node.place, context)
}

function shownError(error: unknown, rendered: Rendered, query: string): unknown {
  if (!isPostgresError(error)) return error
  const node = { place: rendered.placeAt(0) }
  return explainStatement(node as Parameters<typeof explainStatement>[0], rendered, query, error) ?? explainPostgres(error, rendered)
}

const INLINE = 'inline query'
