import type { Rendered } from '../base/codeframe.ts'
import { explainPostgres } from '../base/codeframe.ts'
import { isPostgresError, type Place, ProjectError } from '../base/errors.ts'
import { forgetCatalogue } from '../database/catalogue.ts'
import type { Sql } from '../database/driver.ts'
import { controlsTransaction, type Statement, statementsOf } from '../database/split-statements.ts'
import { type Dict, fromJs, type JinjaObject, type Value } from '../jinja/values.ts'
import { isReport, type Node, type Project, type ProjectHook } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import { type Hook, hooksOf } from '../project/config.ts'
import { hookLine } from '../report/format.ts'
import type { Report } from '../report/report.ts'
import { type RunContext, renderText } from '../template/compile.ts'
import { nodeDict } from '../template/node-dict.ts'
import { forbidden } from '../template/single-query.ts'
import type { Plan } from './plan.ts'

/** Runs hooks: SQL of one or several statements, rendered for the node (null: for the project). */
export async function runHooks(
  sql: Sql,
  project: Project,
  node: Node | null,
  hooks: ProjectHook[],
  context: RunContext,
  statements: string[] = [],
): Promise<void> {
  for (const { sql: text, place } of hooks) {
    const rendered = await renderText(project, node, text, place, context)
    for (const statement of statementsOf(rendered.text)) {
      if (controlsTransaction(statement)) throw forbidden(statement, rendered, place)
      statements.push(statement.text)
      await sql.unsafe(statement.text).catch(error => {
        throw explained(error, rendered, statement, place)
      })
      // A function called by a SELECT may create or alter anything.
      if (statement.verb.startsWith('select')) forgetCatalogue(sql)
    }
  }
}

/** Runs the hooks of the project, each with its line in the report: `1 of 2 OK hook: shop.on-run-start.0`. */
export async function runProjectHooks(
  sql: Sql,
  project: Project,
  when: 'on-run-start' | 'on-run-end',
  context: RunContext,
  report: Pick<Report, 'event'>,
): Promise<void> {
  const hooks = when === 'on-run-start' ? project.onRunStart : project.onRunEnd
  for (const [index, hook] of hooks.entries()) {
    const began = performance.now()
    const said = (status: 'OK' | 'ERROR'): void => {
      const seconds = (performance.now() - began) / 1000
      const msg = hookLine(`${project.name}.${when}.${index}`, index + 1, hooks.length, status, seconds)
      const data = { statement: hook.sql, index: index + 1, total: hooks.length, status, execution_time: seconds }
      report.event({ name: 'LogHookEndLine', level: status === 'OK' ? 'info' : 'error', msg, data })
    }
    const own = hook.packageName === undefined ? context : { ...context, packageName: hook.packageName }
    await runHooks(sql, project, null, [hook], own).catch(error => {
      said('ERROR')
      throw error
    })
    said('OK')
  }
}

/** The hooks of a node that run inside its transaction. Throws for a hook that is to run outside, except with --no-atomic. */
export function insideHooks(plan: Pick<Plan, 'isAtomic'>, node: Node, when: 'pre' | 'post'): ProjectHook[] {
  const hooks = ofNode(node, when)
  if (plan.isAtomic !== false && hooks.some(({ transaction }) => !transaction))
    throw new ProjectError(`A ${when}-hook of ${node.name} has transaction: false, but a build is one transaction`, {
      place: node.place,
      hint: 'Remove transaction: false, or build with --no-atomic, which runs each model in its own transaction.',
    })
  return hooks.filter(({ transaction }) => transaction)
}

/** The hooks of a node that run before or after its transaction. */
export function outsideHooks(node: Node, when: 'pre' | 'post'): ProjectHook[] {
  return ofNode(node, when).filter(({ transaction }) => !transaction)
}

/** What on-run-end knows besides: `results`, `schemas` and `database_schemas`, as in dbt. */
export function endContext(context: RunContext, results: NodeResult[]): RunContext {
  const built = results
    .map(({ node }) => node)
    .filter(node => !['test', 'unit_test'].includes(node.resourceType) && node.relationName !== null)
  const schemas = [...new Set(built.map(node => node.schema))]
  const database = built[0]?.database ?? ''
  return {
    ...context,
    extra: {
      ...context.extra,
      results: results.filter(({ node }) => !isReport(node)).map(resultObject),
      schemas,
      database_schemas: schemas.map(schema => [database, schema]),
    },
  }
}

function ofNode(node: Node, when: 'pre' | 'post'): (ProjectHook & Hook)[] {
  return hooksOf(node.config[`${when}-hook`]).map(hook => ({ ...hook, place: node.place }))
}

function explained(error: unknown, rendered: Rendered, statement: Statement, place: Place): unknown {
  if (!isPostgresError(error)) return error
  const problem = explainPostgres(error, rendered, -statement.offset)
  const { message, hint, callers } = problem
  const at = problem.place?.line === undefined ? place : problem.place
  return new ProjectError(`In a hook: ${message}`, { place: at, callers, hint, cause: error })
}

/** A result as on-run-end sees it: dbt's RunResult, with all that is known of its node. */
function resultObject(result: NodeResult): JinjaObject {
  const { node, status, message, failures, compiled, startedAt, finishedAt, inserted, updated, deleted } = result
  const rows = inserted === null ? {} : { rows_affected: inserted + (updated ?? 0) + (deleted ?? 0) }
  const timing = { started_at: startedAt.toISOString(), completed_at: finishedAt.toISOString() }
  const dict = fromJs({
    unique_id: node.uniqueId,
    status,
    message,
    failures,
    execution_time: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    thread_id: 'Thread-1',
    adapter_response: { _message: message ?? '', ...rows },
    compiled_code: compiled,
  }) as Dict
  const own = new Map([...(nodeDict(node) as Dict), ['compiled_code', compiled] as [Value, Value]])
  const steps = ['compile', 'execute'].map(name => fromJs({ name, ...timing }) as Dict)
  const all = new Map([...dict, ['node', own], ['timing', steps]] as [Value, Value][])
  const shown = new Map([...dict, ['node', recordOf(own, '<Node>')], ['timing', steps.map(step => recordOf(step, '<TimingInfo>'))]])
  return recordOf(shown, `<RunResult ${node.uniqueId} ${status}>`, all)
}

// An object of dbt with its fields as attributes; to_dict() gives them as a dict.
function recordOf(fields: Dict, text: string, dict = fields): JinjaObject {
  return {
    get: name => {
      if (name === 'to_dict') return () => dict
      if (name === 'get') return ([key = null, otherwise = null]) => fields.get(key) ?? otherwise
      return fields.get(name)
    },
    keys: () => fields.keys() as Iterable<string>,
    iterate: () => [...fields.keys()],
    isMapping: true,
    toString: () => text,
  }
}
