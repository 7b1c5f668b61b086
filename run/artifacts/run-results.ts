import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DBT_VERSION } from '../base/versions.ts'
import { exposureId, type Node, type Project, pathWithin } from '../manifest/node.ts'
import { isStep, type NodeResult } from '../manifest/result.ts'

/** The command line, for artifacts. */
export interface Invocation {
  command: string
  args: Record<string, unknown>
  elapsedSeconds: number
}

/** Writes target/compiled/<project>/<path> in the target folder: SQL that an analyst can read and try. */
export function writeCompiled(folder: string, node: Node, text: string): void {
  if (node.resourceType !== 'seed') write(path.join(folder, compiledPath(node)), `${text.trim()}\n`)
}

/** Writes target/run/<project>/<path>: the statements that were run. */
export function writeRun(folder: string, node: Node, statements: string[]): void {
  const text = statements.map(statement => `${statement.trim()};\n`).join('\n')
  if (text !== '') write(path.join(folder, runPath(node)), text)
}

/**
 * `compiled/deskledger/models/core/agents.sql`, in the target folder. Generic tests and unit tests go beside the YAML that declares them.
 */
export function compiledPath(node: Node): string {
  return path.join('compiled', node.packageName, fileOf(node))
}

/** `run/deskledger/models/core/agents.sql`, in the target folder. */
function runPath(node: Node): string {
  return path.join('run', node.packageName, fileOf(node))
}

/** Writes target/run_results.json, dbt's version 6. */
export function writeRunResults(folder: string, project: Project, results: NodeResult[], invocation: Invocation): void {
  write(path.join(folder, 'run_results.json'), `${JSON.stringify(runResults(project, results, invocation), null, 2)}\n`)
}

/** Writes run_results.json of run-operation: its one result, by the macro's unique id. */
export function writeOperationResult(
  folder: string,
  project: Project,
  { uniqueId, status, message, startedAt, args }: OperationResult,
): void {
  const now = new Date()
  const seconds = (now.getTime() - startedAt.getTime()) / 1000
  const result = {
    status,
    timing: [{ name: 'execute', started_at: startedAt.toISOString(), completed_at: now.toISOString() }],
    thread_id: 'MainThread',
    execution_time: seconds,
    adapter_response: {},
    message,
    failures: status === 'success' ? 0 : 1,
    unique_id: uniqueId,
    compiled: false,
    compiled_code: null,
    relation_name: null,
    batch_results: null,
  }
  const artifact = {
    metadata: metadata(project, 'run-results/v6'),
    results: [result],
    elapsed_time: seconds,
    args: { which: 'run-operation', ...args },
  }
  write(path.join(folder, 'run_results.json'), `${JSON.stringify(artifact, null, 2)}\n`)
}

/** The result of a macro or of SQL that run-operation ran. */
export interface OperationResult {
  uniqueId: string
  status: 'success' | 'error'
  message: string | null
  startedAt: Date
  args: Record<string, unknown>
}

/** run_results.json as an object. */
export function runResults(project: Project, results: NodeResult[], { command, args, elapsedSeconds }: Invocation): object {
  return {
    metadata: metadata(project, 'run-results/v6'),
    results: results.filter(isStep).map(result => resultOf(result)),
    elapsed_time: elapsedSeconds,
    args: { which: command, ...args },
  }
}

/** `metadata` of an artifact. */
export function metadata(project: Project, schema: string): object {
  return {
    dbt_schema_version: `https://schemas.getdbt.com/dbt/${schema}.json`,
    dbt_version: DBT_VERSION,
    generated_at: new Date().toISOString(),
    invocation_id: project.invocationId,
    invocation_started_at: project.startedAt.toISOString(),
    env: ownEnvironment(),
  }
}

// Custom entries of `metadata`, such as DBT_ENV_CUSTOM_ENV_team=finance.
function ownEnvironment(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('DBT_ENV_CUSTOM_ENV_'))
  return Object.fromEntries(own.map(([name, value = '']) => [name.slice('DBT_ENV_CUSTOM_ENV_'.length), value]))
}

function resultOf(result: NodeResult): object {
  const { node, status, startedAt, finishedAt, message, failures, compiled, inserted, updated, deleted } = result
  const isTest = node.resourceType === 'test' || node.resourceType === 'unit_test'
  const touched = (inserted ?? 0) + (updated ?? 0) + (deleted ?? 0)
  const timing = { started_at: startedAt.toISOString(), completed_at: finishedAt.toISOString() }
  return {
    status,
    timing: status === 'skipped' ? [] : [{ name: 'execute', ...timing }],
    thread_id: 'Thread-1',
    execution_time: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    adapter_response: isTest || inserted === null ? (message ? { _message: message } : {}) : { _message: message, rows_affected: touched },
    message: message || null,
    failures: failures === null ? null : Math.round(failures),
    unique_id: exposureId(node.uniqueId),
    compiled: compiled !== null,
    compiled_code: compiled,
    relation_name: node.relationName,
    batch_results: null,
  }
}

function fileOf(node: Node): string {
  const file = pathWithin(node)
  // A file may hold several snapshots.
  if (node.resourceType === 'snapshot') return path.join(file, `${node.name}.sql`)
  if (node.resourceType === 'unit_test') return path.join(file, `${node.name.replaceAll(/[/\\:]/g, '_')}.sql`)
  return node.test?.generic ? path.join(file, `${node.alias}.sql`) : file
}

// Synchronous: a project has thousands of small files, and with promises each would wait for its turn three times. Unchanged files are not
// rewritten: freeing the blocks of old files takes longer than compiling them.
function write(file: string, text: string): void {
  try {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return
    writeFileSync(file, text)
  } catch (error) {
    // The error of a full disk does not name the file.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw Object.assign(error as Error, { path: file })
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
