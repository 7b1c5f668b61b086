import { isOwnError, ProjectError } from '../base/errors.ts'
import { cannotRecreate, recreateViews, type SavedView } from '../database/dependent-views.ts'
import type { Session } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { hasRelation } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'
import { type RunContext, renderText } from '../template/compile.ts'
import { overridingMacro } from '../template/macro-book.ts'
import type { Plan } from './plan.ts'

/** What nodes leave for the end of the transaction. */
export interface Pending {
  views: SavedView[]
  keys: string[]
}

/** Creates the schemas that the nodes go to, where they are not there. */
export async function createSchemas(
  session: Session,
  { project, nodes }: Pick<Plan, 'project' | 'nodes'>,
  context: RunContext,
): Promise<void> {
  const wanted = [...new Set(nodes.filter(hasRelation).map(node => node.schema))]
  const there = await session<{ name: string }[]>`select nspname as name from pg_namespace`
  const own = overridingMacro(project, 'create_schema')
  for (const schema of wanted) if (!there.some(row => row.name === schema)) await create(schema)

  async function create(schema: string): Promise<void> {
    const relation = { database: project.target.database, schema, identifier: '' }
    if (own) await renderText(project, null, '{% do create_schema(relation) %}', own.place, { ...context, extra: { relation } })
    else await session.unsafe(`create schema if not exists ${quote(schema)}`)
  }
}

/** Adds foreign keys that were dropped, runs deferred checks, and recreates waiting views; gives what failed. */
export async function settle(session: Session, pending: Pending): Promise<unknown[]> {
  const problems: unknown[] = []
  await attempt(problems, async () => {
    await underSavepoint(session, 'settling', async () => {
      await session`set constraints all immediate`
      for (const key of pending.keys) await session.unsafe(key)
    }).catch(error => {
      throw violated(error)
    })
  })
  for (const failure of await recreateViews(session, pending.views)) problems.push(cannotRecreate(failure))
  return problems
}

function violated(error: unknown): unknown {
  const {
    message,
    detail,
    constraint_name: constraint,
    code,
  } = error as { message: string; detail?: string; constraint_name?: string; code?: string }
  if (!/^23/.test(code ?? '')) return error
  return new ProjectError(`The constraint ${constraint} is violated: ${message}${detail ? ` (${detail})` : ''}`, {
    hint: 'A row refers to a row that is missing from another model. Find it by the key shown. Nothing was changed.',
  })
}

/** Runs something and collects its error, if it is a mistake of the project or an error of PostgreSQL; rethrows any other. */
export async function attempt(problems: unknown[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    problems.push(error)
  }
}
