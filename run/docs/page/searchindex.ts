import MiniSearch from 'minisearch'
import { data, fullName, kindOf, nodes } from './model.ts'
import { to } from './route.ts'

/** What can be found: its name, where it leads, and what it is. */
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
}

let index: Promise<MiniSearch<Entry>> | undefined

/** The best hits of a query, over names, columns, descriptions and SQL. The index is made at the first call. */
export async function search(query: string, limit = 40): Promise<Found[]> {
  index ??= makeIndex()
  return (await index).search(query).slice(0, limit) as unknown as Found[]
}

/** Makes the index ahead of the first query. */
export function prepareSearch(): void {
  index ??= makeIndex()
}

async function makeIndex(): Promise<MiniSearch<Entry>> {
  const made = new MiniSearch<Entry>({
    fields: ['title', 'names', 'about', 'text'],
    storeFields: ['id', 'title', 'kind', 'about', 'href'],
    // agent_id is found as a whole and by its words.
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
      boostDocument: (_, __, stored) => (stored?.kind === 'column' || stored?.kind === 'test' ? 0.6 : 1.3),
    },
  })
  await made.addAllAsync(entries(), { chunkSize: 400 })
  return made
}

function entries(): Entry[] {
  return [
    ...nodes.map(node => ({
      id: node.uniqueId,
      title: fullName(node),
      kind: kindOf(node),
      about: node.description,
      href: to(['node', node.uniqueId]),
      names: node.columns.map(({ name }) => name).join(' '),
      text: [node.file, ...node.tags, node.rawSql].join(' '),
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
      })),
    ),
    ...data.tests.map(test => named('test', 'test', test, test.file)),
    ...data.unitTests.map(test => named('unit test', 'unit', test, test.file)),
    ...data.macros.map(macro => named('macro', 'macro', macro, `${macro.file} ${macro.text}`)),
  ]
}

function named(kind: string, page: string, { uniqueId, name, description }: Named, text: string): Entry {
  return { id: uniqueId, title: name, kind, about: description, href: to([page, uniqueId]), names: '', text }
}

interface Named {
  uniqueId: string
  name: string
  description: string
}
