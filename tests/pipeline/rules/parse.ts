import { isObject, type Json, parseJson, problemOf } from './json.ts'

/** The seven feeds, by the names of their folders. */
export const entities = ['agents', 'agent_details', 'admin_groups', 'roles', 'budgets', 'cards', 'transactions'] as const
export type Entity = (typeof entities)[number]

/** A file of the feed. `path` is relative to the data folder; a path in `.gz` is compressed when written, `content` is its text before that. */
export interface FeedFile {
  entity: Entity
  path: string
  content: string
  /** Bytes that no text can show: a gzip that ends early, or invalid UTF-8. */
  damage?: 'gzip' | 'utf8'
}

/** A folder of the feed (R1). */
export interface FeedBatch {
  name: string
  files: FeedFile[]
}

export type Feed = FeedBatch[]

/** A record as it landed: its value, undefined where the text is no JSON at all, and why jsonb refused it. */
export interface Landed {
  value: Json | undefined
  problem: 'invalid_json' | 'unrepresentable_text' | null
}

/** The records of a file by position, or why the file is refused whole (R6). */
export function readFile({ path, content, damage }: FeedFile): { records: Landed[] } | { refused: string } {
  if (damage === 'gzip') return { refused: 'the gzip ends early' }
  if (damage === 'utf8') return { refused: 'invalid UTF-8' }
  const text = content.replace(/^\ufeff/, '')
  if (text.trim() === '') return { records: [] }
  if (text.trimStart().startsWith('<')) return { refused: 'HTML' }

  const values = /\.(ndjson|jsonl)(\.gz)?$/.test(path) ? readLines(text) : readDocument(text)
  if (!values) return { refused: 'does not parse' }
  if (values.length > 0 && values.every(isErrorBody)) return { refused: 'an error body' }
  return { records: values.map(value => ({ value, problem: value === undefined ? 'invalid_json' : problemOf(value) })) }
}

function readDocument(text: string): Json[] | undefined {
  const document = parseJson(text)
  if (document === undefined) return undefined
  if (Array.isArray(document)) return document
  if (isObject(document) && !document.members.has('id'))
    for (const name of pageNames) {
      const page = document.members.get(name)
      if (Array.isArray(page)) return page
    }
  return [document]
}

function readLines(text: string): (Json | undefined)[] | undefined {
  const lines = text.split('\n')
  const last = lines.at(-1) ?? ''
  if (last.trim() !== '' && parseJson(last) === undefined) return undefined
  return lines.filter(line => line.trim() !== '').map(line => unwrap(parseJson(line)))
}

/** `{"stream":…,"data":{…},"emitted_at":…}` holds its record in `data`. */
function unwrap(value: Json | undefined): Json | undefined {
  const data = isObject(value) && value.members.has('stream') ? value.members.get('data') : undefined
  return isObject(data) ? data : value
}

function isErrorBody(value: Json | undefined): boolean {
  return isObject(value) && !value.members.has('id') && errorNames.some(name => value.members.has(name))
}

const pageNames = ['results', 'data', 'groups', ...entities]
const errorNames = ['errors', 'error', 'message', 'code', 'description']
