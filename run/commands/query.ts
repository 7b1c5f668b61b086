import { writeManifest } from '../artifacts/manifest.ts'
import { writeCompiled, writeRunResults } from '../artifacts/run-results.ts'
import type { Rendered } from '../base/codeframe.ts'
import { explainPostgres } from '../base/codeframe.ts'
import { isPostgresError, ProjectError, ProjectErrors } from '../base/errors.ts'
import { useCluster } from '../citus/prepare.ts'
import type { Command } from '../cli/command.ts'
import { deferredTo } from '../cli/deferral.ts'
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
import { isReport, type Node, type ReportNode } from '../manifest/node.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { explainStatement } from '../materialize/statements.ts'
import { figureNode } from '../reports/run-figures.ts'
import { compileNode, compileText, type RunContext, renderText } from '../template/compile.ts'
import { compileFigures, figureMistakes, reportTables } from './report-tables.ts'

/** show: prints rows of a query, of each selected node or of each figure of a report, and nothing else on stdout. */
export async function showCommand(command: Command): Promise<number> {
  const { options, report } = command
  if (!options.inline === !options.select) {
    throw new ProjectError('show needs a query, a model or a report', {
      hint: `Use --inline "select * from {{ ref('agents') }}" or --select agents.`,
    })
  }
  const opened = await openProject(command)
  const shown = options.inline ? [undefined] : await shownNodes(command, opened)
  if (shown.length === 0) return options.warnError ? 1 : 0
  return withDatabase(command, async sql => {
    const selection = shown.filter(node => node !== undefined)
    const read = await deferredTo(command, opened, selection, sql)
    const mistakes: ProjectError[] = []
    const isAlone = shown.length === 1
    let isFirst = true
    for (const node of shown) {
      try {
        const rows = await preview(command, read, sql, node)
        if (options.output !== 'json') tell(command, `Previewing ${called(node)}:`, rows, { isAlone, isFirst })
        else report.result(node && !isAlone ? `{"node": ${JSON.stringify(shownName(node))}, "show": ${rows}}` : rows)
        isFirst = false
      } catch (error) {
        if (!(error instanceof ProjectError) || isAlone) throw error
        mistakes.push(error)
      }
    }
    if (mistakes.length > 0) throw new ProjectErrors(mistakes)
    return 0
  })
}

// The rows of a node, or of --inline.
async function preview(command: Command, opened: Opened, sql: Sql, node: Node | undefined): Promise<string> {
  const { options } = command
  const limit = options.limit ?? 5
  if (node && isReport(node)) {
    const figures = await compiling(command, opened, sql, context => compileFigures(opened.project, node, context))
    return reportTables(sql, figures, limit, options.output)
  }
  const rendered = await compiling(command, opened, sql, context =>
    node ? compileShown(opened, node, context) : compileInline(command, opened, context),
  )
  const statements = statementsOf(rendered.text)
  if (statements.length !== 1)
    throw new ProjectError(
      `show takes one query, not ${statements.length === 0 ? 'none' : statements.length}`,
      node ? { place: node.place } : {},
    )
  const query = statements[0]!.text
  const rows = await fetchRows(sql, query, limit).catch(error => {
    throw shownError(error, rendered, query)
  })
  return options.output === 'json' ? asJson(rows) : asTable(rows)
}

// Prints a text under its heading: for a single node on stderr, as stdout has only its text; among several as in dbt.
function tell({ options, report }: Command, heading: string, text: string, { isAlone = true, isFirst = true } = {}): void {
  if (isAlone) report.note(heading)
  report.result(isAlone ? text : `${isFirst ? '' : '\n'}${options.quiet ? '' : `${heading}\n`}${text}`)
}

const shownName = ({ name, version }: Node): string => (version === undefined ? name : `${name}.v${version}`)
const called = (node: Node | undefined): string => (node ? `node '${shownName(node)}'` : 'inline node')

// The nodes that the selection gives by name: a tag or a path may pick hundreds.
function namedIn(nodes: Node[], select: string[] = []): Node[] {
  const words = new Set(select.flatMap(term => term.split(/[\s,]+/)).map(term => term.replace(/^@|^\d*\+|\+\d*$/g, '')))
  return nodes.filter(node => [node.name, shownName(node), node.fqn.join('.')].some(name => words.has(name)))
}

/** compile: writes the SQL of the selection to target/compiled; of a single node or of --inline also to stdout. */
export async function compileCommand(command: Command): Promise<number> {
  const { options, report } = command
  const opened = await openProject(command)
  return withDatabase(command, async sql => {
    if (options.inline) {
      const read = await deferredTo(command, opened, [], sql)
      const { text } = await compiling(command, read, sql, context => compileInline(command, read, context))
      if (options.output === 'json') report.result(JSON.stringify({ compiled: text.trim() }, null, 2))
      else tell(command, `Compiled ${called(undefined)} is:`, text.trim())
      return 0
    }
    const { nodes } = await selected(command, opened, ['model', 'snapshot', 'test', 'report', 'analysis'])
    const began = performance.now()
    const mistakes: ProjectError[] = []
    const read = await deferredTo(command, opened, nodes, sql)
    const results = await compiling(command, read, sql, context => compileAll(read, nodes, context, sql, mistakes), nodes)
    if (mistakes.length > 0) throw new ProjectErrors(mistakes)
    const texts = new Map(results.map(({ node, compiled }) => [node.uniqueId, compiled ?? '']))
    const elapsedSeconds = (performance.now() - began) / 1000
    const ofDbt = results.filter(({ node }) => !isReport(node))
    writeRunResults(opened.targetPath, opened.project, ofDbt, { command: 'compile', args: shownOptions(options), elapsedSeconds })
    await writeManifest(opened.targetPath, opened.project, texts)
    const models = nodes.filter(node => node.resourceType === 'model')
    const only = nodes.length === 1 ? nodes[0] : options.select && models.length === 1 ? models[0] : undefined
    const told = only ? [only] : namedIn(nodes, options.select)
    for (const [at, node] of told.entries()) {
      const text = texts.get(node.uniqueId) ?? ''
      if (options.output === 'json') report.result(JSON.stringify({ node: shownName(node), compiled: text }, null, 2))
      else tell(command, `Compiled ${called(node)} is:`, text, { isAlone: told.length === 1, isFirst: at === 0 })
    }
    if (told.length === 0) report.note(`Compiled ${nodes.length} nodes to ${opened.targetName}/compiled`)
    return 0
  })
}

async function compileAll(opened: Opened, nodes: Node[], context: RunContext, sql: Sql, mistakes: ProjectError[]): Promise<NodeResult[]> {
  const results: NodeResult[] = []
  for (const node of nodes) {
    const startedAt = new Date()
    const compiled = isReport(node) ? await compileReport(opened, node, context, sql, mistakes) : await compileModel(opened, node, context)
    results.push({ ...empty(node), startedAt, finishedAt: new Date(), compiled })
  }
  return results
}

async function compileModel({ project, targetPath }: Opened, node: Node, context: RunContext): Promise<string> {
  const { text } = await compileNode(project, node, context)
  writeCompiled(targetPath, node, text)
  return text.trim()
}

async function compileReport(
  { project, targetPath }: Opened,
  report: ReportNode,
  context: RunContext,
  sql: Sql,
  mistakes: ProjectError[],
): Promise<string> {
  const figures = await compileFigures(project, report, context)
  for (const { figure, query } of figures) writeCompiled(targetPath, figureNode(report, figure), query.text)
  mistakes.push(...(await figureMistakes(sql, report, figures)))
  return figures.map(({ figure, query }) => `-- ${figure.name}\n${query.text.trim()};`).join('\n\n')
}

// Compiles in a read-only transaction, as templates may query the database.
async function compiling<T>(
  { report, options }: Command,
  { project }: Opened,
  sql: Sql,
  work: (context: RunContext) => Promise<T>,
  nodes: Node[] = [],
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
    return await work(contextOf(session, { ...asked, nodes, hasLog: withLog, onCitus }, { relations, published, cutOff }, report))
  } finally {
    await session`rollback`.catch(() => {})
    session.release()
  }
}

// The nodes with rows of their own; tests where nothing else is selected.
async function shownNodes(command: Command, opened: Opened): Promise<Node[]> {
  const { nodes } = await selected(command, opened, ['model', 'seed', 'snapshot', 'test', 'report', 'analysis'])
  const others = nodes.filter(node => node.resourceType !== 'test')
  return others.length > 0 ? others : nodes
}

async function compileInline({ options, report }: Command, opened: Opened, context: RunContext): Promise<Rendered> {
  const { textOf } = report
  report.textOf = file => (file === INLINE ? options.inline : textOf(file))
  return compileText(opened.project, options.inline!, { file: INLINE, line: 1, column: 1 }, context)
}

async function compileShown({ project }: Opened, node: Node, context: RunContext): Promise<Rendered> {
  // An incremental model's rows are read from its table, as its query gives only the new ones.
  if (node.resourceType !== 'seed' && !context.isIncremental?.(node)) return compileNode(project, node, context)
  return renderText(project, null, `select * from ${node.relationName}`, node.place, context)
}

function shownError(error: unknown, rendered: Rendered, query: string): unknown {
  if (!isPostgresError(error)) return error
  const node = { place: rendered.placeAt(0) }
  return explainStatement(node as Parameters<typeof explainStatement>[0], rendered, query, error) ?? explainPostgres(error, rendered)
}

const INLINE = 'inline query'
