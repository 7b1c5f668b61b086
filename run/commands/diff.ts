import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { useCluster } from '../citus/prepare.ts'
import type { Command } from '../cli/command.ts'
import { whileLocked, withDatabase } from '../cli/open-database.ts'
import { type Opened, openProject } from '../cli/open-project.ts'
import { selectedIds } from '../cli/selection.ts'
import { findRelation } from '../database/catalogue.ts'
import type { Session, Sql } from '../database/driver.ts'
import { refusePending } from '../database/migrate.ts'
import { qualified } from '../database/relations.ts'
import { build } from '../execute/build.ts'
import { changedIds } from '../graph/changed-nodes.ts'
import { fingerprints } from '../graph/definition.ts'
import { ancestors, buildOrder, descendants } from '../graph/order.ts'
import { hasLog, publishedFingerprints } from '../history/run-log.ts'
import { hasRelation, type Node, type Project } from '../manifest/node.ts'
import { candidatesOf } from '../preview/compare-models.ts'
import { differencesOf, isSame } from '../preview/diff.ts'
import { type Diff, diffLines } from '../preview/diff-lines.ts'
import { keyIn } from '../preview/plan.ts'
import { plural } from '../report/format.ts'
import { planOf, showProblems } from './build.ts'
import { asksForPages, writeDiffs } from './change-pages.ts'

/**
 * diff: compares two relations, or what is published with what the project would build now. Changes nothing. Gives 1 when something could
 * not be built or compared; with --exit-code also when anything differs.
 */
export async function diffCommand(command: Command, args: string[]): Promise<number> {
  const { options, report } = command
  if (args.length > 2)
    throw new ProjectError(`diff takes two relations, not ${args.length}`, { hint: 'Use diff core.agents scratch.agents, or diff agents.' })
  if (args.length === 2 && (options.select || options.against))
    throw new ProjectError('diff takes two relations or a selection, not both', {
      hint: 'Leave out --select and --against, or the relations.',
    })
  const opened = await openProject(command)
  return withDatabase(command, async sql => {
    const { diffs, isFailed } =
      args.length === 2 ? await ofRelations(command, opened.project, sql, args) : await ofCandidates(command, opened, sql, args)
    if (options.output === 'json') report.result(JSON.stringify({ diffs: diffs.map(asData) }, null, 2))
    else if (diffs.length > 0) report.result(diffs.flatMap((diff, i) => [...(i > 0 ? [''] : []), ...diffLines(diff)]).join('\n'))
    if (asksForPages(command)) await writeDiffs(command, opened, sql, diffs)
    const differs = diffs.some(({ differences }) => differences === null || !isSame(differences))
    return isFailed || (differs && options.exitCode) ? 1 : 0
  })
}

async function ofRelations(command: Command, project: Project, sql: Sql, names: string[]): Promise<{ diffs: Diff[]; isFailed: boolean }> {
  const session = await sql.reserve()
  try {
    await session`begin isolation level repeatable read`
    const [before, after] = [await resolve(session, project, names[0]!), await resolve(session, project, names[1]!)]
    const key = await keyOf(command, project, session, [before.node, after.node], before.relation, after.relation)
    const differences = await differencesOf(session, before.relation, after.relation, { ...how(command), key })
    return { diffs: [{ before: before.shown, after: after.shown, differences }], isFailed: false }
  } finally {
    await session`rollback`.catch(() => {})
    session.release()
  }
}

async function ofCandidates(command: Command, opened: Opened, sql: Sql, args: string[]): Promise<{ diffs: Diff[]; isFailed: boolean }> {
  const { report } = command
  const { project } = opened
  await refusePending(sql, project.dir)
  const withLog = await hasLog(sql)
  if (withLog) await command.extension?.refuseOtherSeeds(command, sql)
  const compared = await wanted(command, opened, sql, args, withLog)
  if (compared.length === 0) {
    report.note('Nothing to compare: no model of the selection differs from what is published.')
    return { diffs: [], isFailed: false }
  }
  const ids = compared.map(node => node.uniqueId)
  // Nodes between two of them carry the changes of the first to the second.
  const [below, above] = [descendants(project, ids), ancestors(project, ids)]
  const between = [...below].filter(id => above.has(id))
  const nodes = buildOrder(project, [...ids, ...between]).filter(hasRelation)
  return whileLocked(command, sql, async session => {
    const { observer, diffs } = candidatesOf(compared, {
      ...how(command),
      isNamed: args.length + (command.options.select?.length ?? 0) > 0 || command.options.against !== undefined,
      keyOf: (node, before, after) => keyOf(command, project, session, [node], before, after),
    })
    const onCitus = await useCluster(sql, project.citus)
    const built = await build(session, sql, { ...planOf(command, opened, nodes, withLog), onCitus, isTrial: true, observer }, report)
    showProblems(command, built)
    for (const { error } of diffs()) if (error) report.fail(error)
    return { diffs: diffs(), isFailed: built.status === 'failed' || diffs().some(({ error }) => error !== undefined) }
  })
}

/** The models to compare: those selected, those that --against finds modified, or all whose definition differs from the published one. */
async function wanted(command: Command, { project, targetPath }: Opened, sql: Sql, args: string[], withLog: boolean): Promise<Node[]> {
  const { options } = command
  const select = [...args, ...(options.select ?? [])]
  if (select.length === 0 && !options.against) {
    if (!withLog)
      throw new ProjectError('diff needs to know which models to compare', {
        hint: 'Use diff MODEL, diff --select MODEL+, diff --against STATE, or diff ONE_RELATION ANOTHER.',
      })
    const changed = changedIds(fingerprints(project), await publishedFingerprints(sql))
    return buildOrder(project, [...changed, ...descendants(project, changed)]).filter(hasRelation)
  }
  const terms = options.against ? (select.length > 0 ? select.map(term => `${term},state:modified`) : ['state:modified']) : select
  const { against: state = options.state } = options
  const asked = { options: { ...options, select: terms, ...(state ? { state } : {}) }, report: command.report }
  return buildOrder(project, await selectedIds(asked, project, targetPath)).filter(hasRelation)
}

function asData({ error, ...diff }: Diff): object {
  return error === undefined ? diff : { ...diff, error: (error as Error).message }
}

function how({ options }: Command): { ignore: string[]; examples: number } {
  const { ignore = [], limit = 5 } = options
  return { ignore: ignore.flatMap(names => names.split(',')), examples: limit < 0 ? 2_000_000_000 : limit }
}

/** --key, else the unique_key of the model, else a primary key of both sides, else the column of a unique test; empty without any. */
async function keyOf(
  { options }: Command,
  project: Project,
  sql: Sql,
  nodes: (Node | undefined)[],
  before: string,
  after: string,
): Promise<string[]> {
  if (options.key) return options.key.flatMap(names => names.split(','))
  const sides = [await findRelation(sql, before), await findRelation(sql, after)]
  const columns = sides.map(side => side?.columns ?? [])
  for (const node of nodes) {
    const key = node ? keyIn(node, ...columns) : []
    if (key.length > 0) return key
  }
  const isShared = (key: string[]) => key.length > 0 && key.every(name => columns.every(side => side.some(column => column.name === name)))
  const tested = [...project.nodes.values()].flatMap(({ test }) =>
    test?.generic === 'unique' && test.column && nodes.some(node => node?.uniqueId === test.attachedTo) ? [[test.column]] : [],
  )
  return [...sides.map(side => side?.primaryKey ?? []), ...tested].find(isShared) ?? []
}

async function resolve(sql: Session, project: Project, name: string): Promise<{ relation: string; shown: string; node?: Node }> {
  const all = [...project.nodes.values()].filter(hasRelation)
  const node = all.find(one => one.name === name) ?? all.find(one => `${one.schema}.${one.alias}` === name)
  if (node) return { relation: qualified(node.schema, node.alias), shown: `${node.schema}.${node.alias}`, node }
  const [row] = await sql<{ schema: string; name: string }[]>`
    select nspname as schema, relname as name from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = to_regclass(${name}) and relkind in ('r', 'p', 'v', 'm', 'f')`
  if (row) return { relation: qualified(row.schema, row.name), shown: `${row.schema}.${row.name}` }
  const hint = didYouMean(
    name,
    all.flatMap(one => [one.name, `${one.schema}.${one.alias}`]),
  )
  throw new ProjectError(`There is no relation and no model '${name}'`, {
    hint: hint ?? `Write it as schema.name; the project has ${plural(all.length, 'model')}.`,
  })
}
