import type { Sql } from '../database/driver.ts'
import { type Lineage, type Relation, traceProject } from '../lineage/project.ts'
import type { FigureOutcome } from '../manifest/figure.ts'
import type { Project } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import { figureDefinition, type Shown, type ShownReport, shownReports } from '../reports/freeze.ts'
import type { Report } from '../reports/shape.ts'
import { type DocsInput, docsData } from './data.ts'
import { figureRelations, reportsShown } from './datareports.ts'
import { escapeJson, htmlOf } from './html.ts'
import { pageDataOf } from './pagedata.ts'
import { type IsPersonal, personalColumns } from './personal.ts'
import { serveLive } from './serve.ts'
import type { DocsData } from './shape.ts'

/** The page on loopback during editing. */
export interface LivePage {
  url: string
  /** Redraws the reports from their present files and the rows of a trial. The rest of the page stays. */
  redraw(project: Project, results: NodeResult[]): void
  close(): Promise<void>
}

/** Builds the page once, and serves it. `sql` is one connection. */
export async function livePage(sql: Sql, input: DocsInput, port: number): Promise<LivePage> {
  const data = pageDataOf(await docsData(sql, input))
  const published = await shownReports(sql)
  const html = await htmlOf(data)
  const withReports = await reportsIn(data, input)
  let page = html
  const serving = await serveLive(() => page, port)
  return {
    url: serving.url,
    close: serving.close,
    redraw(project, results) {
      const outcomes = results.flatMap(({ node, figures }) => (figures ? [[node.uniqueId, figures] as const] : []))
      for (const [id, figures] of outcomes) published.set(id, trialOf(figures))
      const reports = withReports(
        project,
        published,
        outcomes.flatMap(([id, figures]) => figures.map(figure => [id, figure] as const)),
      )
      page = withData(html, { ...data, reports })
      serving.changed()
    },
  }
}

// The results of a trial belong to no publish.
function trialOf(outcomes: FigureOutcome[]): ShownReport {
  const figures = outcomes.map(({ figure, result, error }): [string, Shown] => [
    figure.name,
    { definition: figureDefinition(figure), problem: error?.message ?? null, ...result },
  ])
  return { published: null, through: null, figures: new Map(figures) }
}

type Redraw = (project: Project, shown: Map<string, ShownReport>, ran: (readonly [report: string, outcome: FigureOutcome])[]) => Report[]

// Traces only the queries of figures again: the lineage of models stays as it was when the page was made.
async function reportsIn(data: DocsData, { project: first, withPersonal = false }: DocsInput): Promise<Redraw> {
  const texts = new Map<string, string>()
  for (const { uniqueId, blocks } of data.reports)
    for (const block of blocks) if (block.kind === 'figure' && block.compiledSql) texts.set(`${uniqueId}.${block.name}`, block.compiledSql)
  const relations: Relation[] = [...data.nodes, ...data.sources].map(node => ({
    id: node.uniqueId,
    schema: node.schema,
    name: node.identifier,
    columns: node.columns.map(column => column.name),
  }))
  const isPersonal = personalColumns(first, lineageIn(data))
  return (project, shown, ran) => {
    for (const [id, { figure, compiled }] of ran) if (compiled !== null) texts.set(`${id}.${figure.name}`, compiled)
    const compiled = { texts, errors: [] }
    const lineage = traceProject([...relations, ...figureRelations(compiled)], { defaultSchema: 'public' })
    return reportsShown(project, shown, { compiled, lineage, isPersonal: through(lineage, isPersonal), withPersonal })
  }
}

// A column of a figure is personal if one of the columns that its values come from is, or if these are unknown.
function through({ fields, edges, relations }: Lineage, isPersonal: IsPersonal): IsPersonal {
  return (id, name) => {
    const column = relations.get(id)?.columns.find(one => one.name === name)
    if (!column || column.notTraced !== null) return true
    return edges.some(([from, to, role]) => {
      const [source, made] = [fields[from]!, fields[to]!]
      return role !== 'condition' && made.node === id && made.column === name && isPersonal(source.node, source.column)
    })
  }
}

function lineageIn({ lineage, nodes }: DocsData): Lineage {
  const relations = nodes.map(({ uniqueId, notTraced, columns }) => {
    const traced = columns.map(({ name, notTraced: reason, isConstant, isKept, origins }) => ({
      name,
      notTraced: reason,
      isConstant,
      isKept,
      origins,
    }))
    return [uniqueId, { notTraced, columns: traced }] as const
  })
  return { fields: lineage.fields, edges: lineage.edges, originsOf: () => [], relations: new Map(relations) }
}

function withData(html: string, data: object): string {
  const [before, rest = ''] = html.split(DATA)
  return `${before}${DATA}${escapeJson(JSON.stringify(data))}${rest.slice(rest.indexOf('</script>'))}`
}

const DATA = '<script type="application/json" id="data">'
