import path from 'node:path'
import { writeManifest } from '../artifacts/manifest.ts'
import { ProjectError } from '../base/errors.ts'
import { aboutCitus } from '../citus/about.ts'
import type { Command } from '../cli/command.ts'
import { connectionOf, withDatabase } from '../cli/open-database.ts'
import { openProject } from '../cli/open-project.ts'
import { hasType, selectedIds } from '../cli/selection.ts'
import { type Address, describeAddress } from '../database/address.ts'
import { refuseReadOnly } from '../database/connection.ts'
import type { Sql } from '../database/driver.ts'
import { pendingMigrations } from '../database/migrate.ts'
import { missingRights } from '../database/rights.ts'
import { runningEmbedded } from '../embedded/server.ts'
import { type Node, selectableNodes } from '../manifest/node.ts'
import { foundLine } from '../report/dbt-lines.ts'

/** parse: reads the whole project and reports its mistakes. */
export async function parseCommand(command: Command): Promise<number> {
  const { project, targetPath } = await openProject(command)
  await writeManifest(targetPath, project)
  command.report.note('No errors found.')
  return 0
}

/** ls: the selected nodes, one a line. */
export async function lsCommand(command: Command): Promise<number> {
  const { options, report } = command
  const { project, targetPath } = await openProject(command)
  const ids = await selectedIds(command, project, targetPath)
  // Keys may also be one text with spaces, as in dbt.
  const keys = options.outputKeys?.flatMap(words => words.split(/\s+/))
  const nodes = selectableNodes(project).filter(node => ids.has(node.uniqueId) && hasType(options, node))
  const lines = nodes.sort((a, b) => (a.uniqueId < b.uniqueId ? -1 : 1)).map(node => lineOf(node, options.output ?? 'selector', keys))
  if (lines.length === 0) report.warn({ message: 'No nodes selected!' })
  else report.result(lines.join('\n'))
  return 0
}

/** debug: checks the project and the connection; with `--connection` only the connection. */
export async function debugCommand(command: Command): Promise<number> {
  const { options, report } = command
  report.result(`node ${process.version}, ${process.platform} ${process.arch}`)
  if (options.connection) {
    const { address } = await connectionOf(options)
    report.result(addressLine(address, path.resolve(options.projectDir)))
    return withDatabase(command, async sql => tellConnection(command, sql))
  }
  const { project } = await openProject(command)
  report.result(`project ${project.name} in ${project.dir}: ${foundLine(project)}`)
  const { address } = await connectionOf(command.options)
  report.result(addressLine(address, project.dir))
  return withDatabase(command, async sql => {
    await tellConnection(command, sql)
    const pending = await pendingMigrations(sql, project.dir)
    report.result(
      pending.length > 0
        ? `migrations to apply at the next build: ${pending.map(({ name }) => name).join(', ')}`
        : 'migrations: all applied',
    )
    const schemas = new Set([...project.nodes.values(), ...project.sources.values()].map(({ schema }) => schema))
    const problems = [
      ...(await readOnly(sql)),
      ...(await missingRights(sql, [...schemas])).map(({ what, remedy }) => ({
        message: what,
        hint: `Run as its owner: ${remedy};`,
      })),
    ]
    const { lines, faults } = await aboutCitus(sql, project.citus)
    for (const line of lines) report.result(line)
    for (const { message, hint } of [...problems, ...faults]) report.result(`problem: ${message}\n  → ${hint}`)
    if (problems.length + faults.length === 0) report.result('privileges: all that a build needs')
    return problems.length + faults.length > 0 ? 2 : 0
  })
}

function addressLine(address: Address | undefined, dir: string): string {
  if (address) return `database: ${describeAddress(address)} (${address.from})`
  return `database: embedded PostgreSQL in ${path.join(dir, '.pg')}${runningEmbedded(dir) ? ', running' : ''}`
}

async function tellConnection({ report }: Command, sql: Sql): Promise<number> {
  const [row] = await sql<{ version: string; user: string }[]>`select version() as version, current_user as user`
  report.result(`connection: OK, as ${row?.user}: ${row?.version}`)
  return 0
}

async function readOnly(sql: Sql): Promise<{ message: string; hint: string }[]> {
  const error = await refuseReadOnly(sql).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error === undefined) return []
  if (!(error instanceof ProjectError)) throw error
  return [{ message: error.message, hint: error.hint ?? '' }]
}

function lineOf(node: Node, output: string, keys: string[] | undefined): string {
  if (output === 'name') return node.resourceType === 'source' ? `${node.sourceName}.${node.name}` : node.name
  if (output === 'path') return node.path
  if (output === 'json') return JSON.stringify(pick(node, keys))
  if (output !== 'selector') throw new ProjectError(`Unknown --output '${output}': expected selector, name, path or json`)
  if (['unit_test', 'exposure', 'report'].includes(node.resourceType)) return `${node.resourceType}:${node.packageName}.${node.name}`
  return node.resourceType === 'source' ? `source:${node.fqn[0]}.${node.sourceName}.${node.name}` : node.fqn.join('.')
}

function pick(node: Node, keys: string[] | undefined): object {
  const all: Record<string, unknown> = {
    alias: ['source', 'unit_test', 'report', 'exposure'].includes(node.resourceType) ? undefined : node.alias,
    name: node.name,
    package_name: node.packageName,
    depends_on: { macros: node.macros, nodes: node.dependsOn },
    tags: node.tags,
    config: node.config,
    resource_type: node.resourceType,
    source_name: node.sourceName,
    original_file_path: node.path,
    unique_id: node.uniqueId,
    fqn: node.fqn,
    schema: node.schema,
    description: node.description,
  }
  const wanted = keys ?? [
    'alias',
    'name',
    'package_name',
    'depends_on',
    'tags',
    'config',
    'resource_type',
    'source_name',
    'original_file_path',
    'unique_id',
  ]
  return Object.fromEntries(wanted.filter(key => all[key] !== undefined).map(key => [key, all[key]]))
}
