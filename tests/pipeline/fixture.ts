import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { filesIn, stampOf } from '../../run/base/files.ts'
import type { Session, Sql } from '../../run/database/driver.ts'
import { lostConnection } from '../../run/database/errors.ts'
import { build } from '../../run/execute/build.ts'
import type { Built, Plan } from '../../run/execute/plan.ts'
import { describeEntities } from '../../run/feed/describe.ts'
import { definitions } from '../../run/graph/definition.ts'
import { buildOrder } from '../../run/graph/order.ts'
import { selectNodes } from '../../run/graph/select.ts'
import type { Project } from '../../run/manifest/node.ts'
import type { NodeResult } from '../../run/manifest/result.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import { createReport, type Report } from '../../run/report/report.ts'

/** A project of a test, in a temporary folder. */
export interface Fixture {
  dir: string
  /** Writes files; a null removes one. */
  write(files: Record<string, string | null>): Promise<void>
  remove(): Promise<void>
}

/** Creates a project, with a default dbt_project.yml unless given. */
export async function fixture(files: Record<string, string> = {}): Promise<Fixture> {
  const dir = await mkdtemp(path.join(tmpdir(), 'deskledger-project-'))
  await write({ 'dbt_project.yml': 'name: shop\nprofile: shop\n', ...files })
  return { dir, write, remove: () => rm(dir, { recursive: true, force: true }) }

  async function write(changed: Record<string, string | null>): Promise<void> {
    for (const [name, text] of Object.entries(changed)) {
      const file = path.join(dir, name)
      if (text === null) await rm(file)
      else {
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, text)
      }
    }
  }
}

/** Builds a fixture as the command does, and gives the results by node name. */
export async function buildFixture(
  sql: Sql,
  dir: string,
  options: Partial<Plan> & { select?: string[]; vars?: Record<string, unknown>; acceptShrink?: boolean } = {},
): Promise<Built & { by: Record<string, NodeResult>; printed: string; project: Project }> {
  const [{ database } = { database: '' }] = await sql<{ database: string }[]>`select current_database() as database`
  const flags = { own: { ACCEPT_SHRINK: options.acceptShrink ?? false } }
  const project = await parsedProject(dir, { target: { database }, flags, ...(options.vars ? { vars: options.vars } : {}) })
  const { report, printed } = silentReport()
  report.textOf = file => project.textOf(file)
  const nodes = buildOrder(project, selectNodes(project, options.select ? { select: options.select } : {}))
  const session: Session = await sql.reserve()
  let isGone = false
  try {
    const built = await build(
      session,
      sql,
      {
        project,
        nodes,
        definitions: definitions(project),
        stamp: randomUUID(),
        hasLog: false,
        fullRefresh: false,
        failFast: false,
        storeFailures: false,
        warnError: false,
        isTrial: false,
        targetPath: path.join(dir, 'target'),
        signal: new AbortController().signal,
        ...options,
      },
      report,
    )
    for (const { error } of built.results) if (error) report.fail(error)
    for (const problem of built.problems) report.fail(problem)
    return { ...built, by: Object.fromEntries(built.results.map(result => [result.node.name, result])), printed: printed(), project }
  } catch (error) {
    isGone = lostConnection(error) !== undefined
    throw error
  } finally {
    if (!isGone) session.release()
  }
}

/** The project of a folder, parsed again only when a file has changed: a test builds the same project many times. */
async function parsedProject(dir: string, options: Parameters<typeof loadProject>[1]): Promise<Project> {
  const parts = ['models', 'macros', 'seeds', 'tests', 'snapshots', 'analyses', 'loaders', 'dbt_packages'].map(name => path.join(dir, name))
  const files = [...parts.flatMap(part => filesIn(part)), ...['dbt_project.yml', 'vars.yml'].map(name => path.join(dir, name))]
  const stamps = files.filter(file => existsSync(file)).map(stampOf)
  const key = JSON.stringify([dir, options, stamps])
  if (last?.key !== key) {
    const project = parseProject(await loadProject(dir, options))
    describeEntities(project)
    last = { key, project }
  }
  return { ...last.project, invocationId: randomUUID(), startedAt: new Date() }
}

let last: { key: string; project: Project } | undefined

/** A report that prints into a text. */
export function silentReport(format: 'text' | 'json' = 'text'): { report: Report; printed(): string } {
  const stream = new PassThrough()
  const chunks: string[] = []
  stream.on('data', chunk => chunks.push(String(chunk)))
  const report = createReport({ format, quiet: false, invocationId: 'test', stdout: stream, stderr: stream })
  return { report, printed: () => chunks.join('') }
}

/** The counts of a result, for assertions. */
export function counts(result: NodeResult | undefined): (number | null | undefined)[] {
  return [result?.inserted, result?.updated, result?.deleted, result?.unchanged]
}
