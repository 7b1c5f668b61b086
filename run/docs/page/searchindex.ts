import MiniSearch from 'minisearch'
import type { Report, ReportFigure } from '../../reports/shape.ts'
import type { DocsNode } from '../shape.ts'
import { data, fullName, kindOf, nodes } from './model.ts'
import { layers } from './parts.tsx'
import { to } from './route.ts'

/** A search result: its name, link and kind. */
export interface Found {
  id: string
  title: string
  kind: string
  about: string
  href: string
}

interface Entry extends Found {
  names: string
  text: string
  /** Ranks what readers usually want: reports, then marts, then nodes nearer to the feed. */
  weight: number
}

let index: Promise<MiniSearch<Entry>> | undefined

/** The best hits of a query in names, columns, descriptions and SQL. Builds the index at the first call. */
export async function search(query: string, limit = 40): Promise<Found[]> {
  index ??= makeIndex()
  return (await index).search(query).slice(0, limit) as unknown as Found[]
}

/** Builds the index before the first query. */
export function prepareSearch(): void {
  index ??= makeIndex()
}

async function makeIndex(): Promise<MiniSearch<Entry>> {
  const made = new MiniSearch<Entry>({
    fields: ['title', 'names', 'about', 'text'],
    storeFields: ['id', 'title', 'kind', 'about', 'href', 'weight'],
    // Finds agent_id as a whole and by its words.
    tokenize: text =>
      text
        .toLowerCase()
        .match(/[\p{L}\p{N}_]+/gu)
        ?.flatMap(word => (word.includes('_') ? [word, ...word.split('_')] : [word])) ?? [],
    processTerm: term => (term.length > 0 && term.length < 60 ? term : null),
    searchOptions: {
      prefix: true,
      fuzzy: term => (term.length > 4 ? 0.2 : 0),
      boost: { title: 6, names: 2, about: 1.5 },
      combineWith: 'AND',
      boostDocument: (_, __, stored) => Number(stored?.weight ?? 1),
    },
  })
  await made.addAllAsync(entries(), { chunkSize: 400 })
  return made
}

function entries(): Entry[] {
  return [
    ...data.reports.flatMap(reportEntries),
    ...data.exposures.map(one => ({
      id: one.uniqueId,
      title: one.label,
      kind: one.type,
      about: one.description,
      href: '#/',
      names: one.name,
      text: one.owner.name ?? '',
      weight: 2,
    })),
    ...nodes.map(node => ({
      id: node.uniqueId,
      title: fullName(node),
      kind: kindOf(node),
      about: node.description,
      href: to(['node', node.uniqueId]),
      names: node.columns.map(({ name }) => name).join(' '),
      text: [node.file, ...node.tags, node.rawSql].join(' '),
      weight: 1.3 * nearness(node),
    })),
    ...nodes.flatMap(node =>
      node.columns.map(({ name, description, type }) => ({
        id: `${node.uniqueId}\n${name}`,
        title: name,
        kind: 'column',
        about: `${fullName(node)}${description ? ` · ${description}` : ''}`,
        href: to(['column', node.uniqueId, name]),
        names: '',
        text: type ?? '',
        weight: 0.6 * nearness(node),
      })),
    ),
    ...data.tests.map(test => named('test', 'test', test, test.file)),
    ...data.unitTests.map(test => named('unit test', 'unit', test, test.file)),
    ...data.macros.map(macro => named('macro', 'macro', macro, `${macro.file} ${macro.text}`)),
  ]
}

// A report, and each of its figures with its columns and row labels.
function reportEntries(report: Report): Entry[] {
  const href = to(['report', report.name])
  const own = {
    id: report.uniqueId,
    title: report.title,
    kind: 'report',
    about: report.description,
    href,
    names: report.name,
    text: '',
    weight: 3,
  }
  const figures = report.blocks.filter(block => block.kind === 'figure')
  return [
    own,
    ...figures.map(figure => ({
      id: `${report.uniqueId}\n${figure.name}`,
      title: figure.title,
      kind: 'figure',
      about: `${report.title} · ${figure.columns.map(({ label }) => label).join(', ')}`,
      href: to(['report', report.name], { figure: figure.name }),
      names: figure.columns.map(({ name, label }) => `${name} ${label}`).join(' '),
      text: textsOf(figure).join(' '),
      weight: 2,
    })),
  ]
}

const MOST_TEXTS = 2000
function textsOf({ columns, rows }: ReportFigure): string[] {
  const at = columns.flatMap(({ format }, index) => (format === 'text' ? [index] : []))
  return [...new Set(rows.flatMap(row => at.map(index => String(row[index] ?? ''))))].slice(0, MOST_TEXTS)
}

// 1 for the schema farthest from the feed, less for those before it.
function nearness(node: DocsNode): number {
  const order = [...layers.keys()]
  if (node.resourceType === 'source') return 0.6
  if (node.resourceType === 'seed') return 0.7
  if (/error/.test(node.schema)) return 0.65
  return 0.7 + (0.3 * (order.indexOf(node.schema) + 1)) / order.length
}

function named(kind: string, page: string, { uniqueId, name, description }: Named, text: string): Entry {
  return { id: uniqueId, title: name, kind, about: description, href: to([page, uniqueId]), names: '', text, weight: 0.5 }
}

interface Named {
  uniqueId: string
  name: string
  description: string
}
