import { ProjectError, ProjectErrors } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import type { Lineage, Relation } from '../lineage/project.ts'
import type { Figure, ResultColumn } from '../manifest/figure.ts'
import { figuresOf, type Project, type ReportNode } from '../manifest/node.ts'
import { formatOf } from '../reports/columns.ts'
import { inWords } from '../reports/fence.ts'
import { figureDefinition, type Shown, type ShownReport, shownReports } from '../reports/freeze.ts'
import { compileFigure } from '../reports/run-figures.ts'
import type { FigureColumn, Report, ReportFigure } from '../reports/shape.ts'
import type { RunContext } from '../template/compile.ts'
import { optional } from './dataoptional.ts'
import { type IsPersonal, MASK } from './personal.ts'
import type { DocsExposure } from './shape.ts'

/** The SQL of the figures that compile, by their ids, and the mistakes of the others. */
export interface CompiledFigures {
  texts: Map<string, string>
  errors: { node: string; error: ProjectError }[]
}

/** The id of a figure in the lineage. */
export function figureId({ uniqueId }: ReportNode, { name }: Figure): string {
  return `${uniqueId}.${name}`
}

/** Compiles the figures of all reports; a mistake in one does not affect the others. */
export async function compiledFigures(project: Project, context: RunContext): Promise<CompiledFigures> {
  const compiled: CompiledFigures = { texts: new Map(), errors: [] }
  for (const report of project.reports.values())
    for (const figure of figuresOf(report))
      try {
        compiled.texts.set(figureId(report, figure), (await compileFigure(project, report, figure, context)).text.trim())
      } catch (error) {
        if (!(error instanceof ProjectError || error instanceof ProjectErrors)) throw error
        const errors = error instanceof ProjectErrors ? error.errors : [error]
        compiled.errors.push(...errors.map(one => ({ node: report.uniqueId, error: one })))
      }
  return compiled
}

/** The figures as relations for the tracer, without children. */
export function figureRelations({ texts }: CompiledFigures): Relation[] {
  return [...texts].map(([id, sql]) => ({ id, schema: '', name: id, sql, columns: null }))
}

/** The lineage of the project without that of its figures. */
export function withoutFigures(lineage: Lineage, { texts }: CompiledFigures): Lineage {
  const indexes = new Map<number, number>()
  const fields = lineage.fields.filter(({ node }, index) => !texts.has(node) && indexes.set(index, indexes.size))
  const edges = lineage.edges.flatMap(([from, to, role]): Lineage['edges'] => {
    const [a, b] = [indexes.get(from), indexes.get(to)]
    return a === undefined || b === undefined ? [] : [[a, b, role]]
  })
  const moved = (origins: number[]): number[] => origins.flatMap(index => indexes.get(index) ?? [])
  const relations = new Map(
    [...lineage.relations].map(([id, { columns, ...relation }]) => [
      id,
      { ...relation, columns: columns.map(column => ({ ...column, origins: moved(column.origins) })) },
    ]),
  )
  return { ...lineage, fields, edges, relations }
}

/** What is needed to show the figures of reports. */
export interface Figures {
  compiled: CompiledFigures
  lineage: Lineage
  isPersonal: IsPersonal
  /** Shows contacts and free text of people. */
  withPersonal: boolean
}

/** All reports, with the figures of the last publish. */
export async function reportsOf(sql: Sql, project: Project, figures: Figures): Promise<Report[]> {
  if (project.reports.size === 0) return []
  return reportsShown(project, (await optional(sql, () => shownReports(sql))) ?? new Map(), figures)
}

/** All reports, with the given figures by unique id. */
export function reportsShown(project: Project, shown: Map<string, ShownReport>, figures: Figures): Report[] {
  return [...project.reports.values()].map(report => {
    const last = shown.get(report.uniqueId)
    return {
      uniqueId: report.uniqueId,
      name: report.name,
      title: report.title,
      description: report.description,
      file: report.path,
      published: last?.published ?? null,
      dataThrough: last?.through ?? null,
      dependsOn: report.dependsOn,
      blocks: report.blocks.map(block => (block.kind === 'prose' ? block : figureOf(report, block, last, figures))),
    }
  })
}

function figureOf(report: ReportNode, figure: Figure, last: ShownReport | undefined, figures: Figures): ReportFigure {
  const { name, title, display, x, y, series, id, parent, empty } = figure
  const shown = last?.figures.get(name)
  const columns = (shown?.columns ?? []).map(column => columnOf(report, figure, column, figures))
  const isOld = shown?.frozen && shown.problem !== null
  return {
    kind: 'figure',
    name,
    title,
    display,
    x,
    y: y.length > 0 || display !== 'value' ? y : columns.map(column => column.name),
    series,
    id,
    parent,
    columns,
    rows: (shown?.rows ?? []).map(row =>
      row.map((cell, i) => (columns[i]?.isPersonal && cell !== null && !figures.withPersonal ? MASK : cell)),
    ),
    empty,
    problem: problemOf(figure, last, shown),
    published: isOld ? shown.frozen! : null,
    compiledSql: figures.compiled.texts.get(figureId(report, figure)) ?? null,
  }
}

function problemOf(figure: Figure, last: ShownReport | undefined, shown: Shown | undefined): string | null {
  if (!last) return 'It has not been published yet: the next build runs it.'
  if (!shown) return 'It is new since the last publish: the next build runs it.'
  const kept = shown.frozen ? `These are the figures of ${shown.frozen.at.slice(0, 10)}` : 'There are no earlier figures'
  if (shown.problem !== null) return `${kept}: the last publish could not run it. ${shown.problem}`
  if (shown.definition !== figureDefinition(figure)) return `${kept}: its query was edited since. The next build runs it.`
  return null
}

function columnOf(report: ReportNode, figure: Figure, column: ResultColumn, { lineage, isPersonal }: Figures): FigureColumn {
  const { label = inWords(column.name), format = formatOf(column), unit = null } = report.words.get(column.name) ?? {}
  const id = figureId(report, figure)
  return {
    name: column.name,
    label,
    format,
    unit,
    sources: sourcesOf(lineage, id, column.name),
    // A number of addresses is not an address.
    isPersonal: formatOf(column) === 'text' && isPersonal(id, column.name),
  }
}

// The columns that its values come from, without conditions.
function sourcesOf({ fields, edges }: Lineage, node: string, column: string): FigureColumn['sources'] {
  const own = new Set(fields.flatMap((field, index) => (field.node === node && field.column === column ? [index] : [])))
  const found = new Map<string, { node: string; column: string }>()
  for (const [from, to, role] of edges) {
    const field = fields[from]!
    if (own.has(to) && role !== 'condition') found.set(`${field.node} ${field.column}`, { node: field.node, column: field.column })
  }
  return [...found.values()]
}

/** The `exposures:`, for the page. */
export function exposuresOf({ exposures }: Project): DocsExposure[] {
  return [...exposures.values()].map(({ uniqueId, name, description, path, tags, meta, dependsOn, exposure }) => ({
    uniqueId,
    name,
    label: exposure.label ?? name,
    type: exposure.type,
    maturity: exposure.maturity,
    url: exposure.url,
    owner: { name: exposure.owner.name ?? null, email: exposure.owner.email ?? null },
    description,
    file: path,
    tags,
    meta,
    dependsOn,
  }))
}
