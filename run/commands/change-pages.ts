import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from '../cli/command.ts'
import type { Opened } from '../cli/open-project.ts'
import { answering } from '../database/answers.ts'
import type { Sql } from '../database/driver.ts'
import { aloneHtml } from '../docs/alone.ts'
import { type Mask, tablesOfDiffs, tablesOfPlan } from '../docs/changes.ts'
import { changesMarkdown } from '../docs/changes-markdown.ts'
import type { Changes } from '../docs/changes-shape.ts'
import { type Catalog, readCatalog } from '../docs/datacatalog.ts'
import { compiledNodes } from '../docs/datacompiled.ts'
import { lineageOf } from '../docs/datalineage.ts'
import { compiledFigures, figureRelations } from '../docs/datareports.ts'
import { isCounted } from '../docs/datasamples.ts'
import { movedBy } from '../docs/moved.ts'
import { personalColumns } from '../docs/personal.ts'
import type { Lineage } from '../lineage/project.ts'
import type { Diff } from '../preview/diff-lines.ts'
import type { Planned } from '../preview/plan.ts'
import { feedLine, isChange } from '../preview/plan-lines.ts'

/** Whether --html or --markdown is given. */
export function asksForPages({ options }: Command): boolean {
  return options.html !== undefined || options.markdown !== undefined
}

/** Writes the result of a plan as the requested pages. */
export async function writePlan(command: Command, opened: Opened, sql: Sql, planned: Planned): Promise<void> {
  const still = planned.relations.filter(one => one.status === 'success' && one.rows !== null && !isChange(one))
  await writePages(command, opened, sql, 'plan', new Set(still.map(one => one.unique_id)), mask => ({
    ...tablesOfPlan(planned, mask),
    isPublished: planned.outcome === 'publish',
    problems: planned.problems,
    feed: { notes: (planned.state?.alerts ?? []).map(({ message }) => message), landed: (planned.feed ?? []).map(feedLine) },
    tests: planned.tests,
    errors: planned.errors && {
      new: planned.errors.new.by.map(({ error_type: errorType, ...one }) => ({ ...one, errorType })),
      resolved: planned.errors.resolved.by.map(({ error_type: errorType, ...one }) => ({ ...one, errorType })),
    },
  }))
}

/** Writes comparisons as the requested pages. */
export async function writeDiffs(command: Command, opened: Opened, sql: Sql, diffs: Diff[]): Promise<void> {
  const nameOf = (id: string) => {
    const node = opened.project.nodes.get(id)
    return node ? `${node.schema}.${node.alias}` : id
  }
  await writePages(command, opened, sql, 'diff', new Set(), mask => ({
    ...tablesOfDiffs(diffs, nameOf, mask),
    isPublished: null,
    problems: [],
    feed: null,
    tests: null,
    errors: null,
  }))
}

type Found = Omit<Changes, 'title' | 'command' | 'at' | 'moved'>

async function writePages(
  command: Command,
  opened: Opened,
  sql: Sql,
  name: string,
  still: Set<string>,
  changesOf: (mask: Mask) => Found,
): Promise<void> {
  const { options, report } = command
  const { project, targetPath, targetName } = opened
  const { lineage, catalog } = await tracedWithFigures(opened, sql)
  const isPersonal = personalColumns(project, lineage)
  const typeOf = (id: string, column: string) => {
    const node = project.nodes.get(id)
    return catalog.relations.get(`${node?.schema}.${node?.alias}`)?.columns.find(({ name: one }) => one === column)?.type ?? 'text'
  }
  const found = changesOf((table, column) => !options.personal && isPersonal(table, column) && !isCounted(typeOf(table, column)))
  const changed = found.tables.map(({ id, rows, columns }) => {
    const isOther = columns.changed.length + columns.removed.length + columns.retyped.length > 0
    const names = [...columns.changed.map(one => one.name), ...columns.removed, ...columns.retyped.map(one => one.split(' ')[0]!)]
    return { id, columns: !isOther || (rows && rows.added + rows.removed > 0) ? ('all' as const) : names }
  })
  const changes: Changes = {
    ...found,
    title: `What this change would do to ${project.name}`,
    command: `${name}${options.select ? ` --select ${options.select.join(' ')}` : ''}`,
    at: new Date().toISOString(),
    moved: movedBy(project, lineage, changed, still),
  }
  for (const [given, usual, textOf] of [
    [options.html, `${name}.html`, () => aloneHtml({ kind: 'changes', changes })],
    [options.markdown, `${name}.md`, async () => changesMarkdown(changes)],
  ] as const) {
    if (given === undefined) continue
    const file = given === true ? path.join(targetPath, usual) : path.resolve(given)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, await textOf())
    report.note(`Wrote ${given === true ? path.join(targetName, usual) : given}`)
  }
}

// The lineage of the project as it is written now: nodes that are not built yet are traced by their SQL.
async function tracedWithFigures({ project }: Opened, sql: Sql): Promise<{ lineage: Lineage; catalog: Catalog }> {
  const session = await sql.reserve()
  try {
    await session`begin read only`
    const context = { database: answering(session) }
    const [nodes, figures] = [await compiledNodes(project, context), await compiledFigures(project, context)]
    const catalog = await readCatalog(session)
    return { lineage: await lineageOf(project, nodes.texts, catalog, figureRelations(figures)), catalog }
  } finally {
    await session`rollback`.catch(() => {})
    session.release()
  }
}
