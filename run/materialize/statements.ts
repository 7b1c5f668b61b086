import { isDeepStrictEqual } from 'node:util'
import { explainPostgres, type Rendered } from '../base/codeframe.ts'
import { isPostgresError, type PostgresError, ProjectError } from '../base/errors.ts'
import { explainRefusal } from '../citus/error-hints.ts'
import { qualified } from '../database/relations.ts'
import { type Node, RUNNER_PACKAGE } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'
import { renderMacro } from '../template/compile.ts'
import type { Work } from './context.ts'

/** `"core"."agents"`. */
export function target(work: Work): string {
  return qualified(work.node.schema, work.node.alias)
}

/** A temporary name beside the model's, cut to PostgreSQL's 63 bytes: `"agents__dbt_tmp"`. */
export function temporary(work: Work, suffix: string): string {
  let base = work.node.alias
  while (Buffer.byteLength(base) + suffix.length > 63) base = base.slice(0, -1)
  return quote(base + suffix)
}

/** Runs the statement that a macro of run/macros/materializations renders; gives the number of rows of its command tag. */
export async function step(work: Work, macro: string, args: Record<string, unknown>): Promise<number> {
  const { text } = await renderMacro(work.project, work.node, macro, args, work.context)
  const result = await runSql(work, text)
  return result.count ?? 0
}

/** Gives the rows of a query that a macro renders. */
export async function ask<Row extends object>(work: Work, macro: string, args: Record<string, unknown>): Promise<Row[]> {
  const { text } = await renderMacro(work.project, work.node, macro, args, work.context)
  return [...(await runSql(work, text))] as Row[]
}

/** Runs one statement for the node; where it contains the node's query, PostgreSQL's error points at the analyst's source. */
export async function runSql(work: Work, text: string) {
  work.statements.push(text.trim())
  return work.sql.unsafe(text).catch(error => {
    throw explainStatement(work.node, work.query, text, error)
  })
}

/**
 * Points PostgreSQL's error about a statement at the analyst's source, where it lies in the node's SQL; gives other errors back unchanged.
 */
export function explainStatement(node: Node, query: Rendered, statement: string, error: unknown): unknown {
  if (!isPostgresError(error)) return error
  // statementsOf() may have cut blanks and a last semicolon off the query.
  const core = query.text.trim().replace(/;\s*$/, '')
  const offset = core === '' ? -1 : statement.indexOf(core)
  const position = Number(error.position) - 1
  const isInside = offset >= 0 && position >= offset && position <= offset + core.length
  const lead = query.text.indexOf(core)
  const explained = explainPostgres(isInside ? error : withoutPosition(error), query, Math.max(offset, 0) - lead)
  const { message, place = node.place, callers } = explained
  const hint = explainRefusal(error) ?? explained.hint
  if (!node.test?.generic || isDeepStrictEqual(place, node.place)) return new ProjectError(message, { place, hint, callers, cause: error })
  // The YAML line that declares a generic test leads to the mistake; for the project's own tests, so does the line in the macro.
  const isOurs = node.macros.includes(`macro.${RUNNER_PACKAGE}.test_${node.test.generic}`)
  const called = isOurs ? callers : [...callers, { ...node.place, macro: `test_${node.test.generic}` }]
  return new ProjectError(message, { place: isOurs ? node.place : place, hint, callers: called, cause: error })
}

function withoutPosition(error: PostgresError): PostgresError {
  return { name: error.name, message: error.message, code: error.code, detail: error.detail, hint: error.hint, where: error.where }
}
