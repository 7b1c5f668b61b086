import { isBlank, readText } from './bytes.ts'
import { envelopeOf, hasError, hasNextPage } from './envelopes.ts'
import type { Entity, FeedFile } from './feed.ts'
import { isForeign } from './foreign.ts'
import { isObject, type Json, parseJson, problemOf } from './json.ts'
import { isOtherStream, unwrapped } from './wrappers.ts'

/** A record as it landed. */
export interface Landed {
  /** Undefined where the text is not JSON. */
  value: Json | undefined
  /** The source, where jsonb refuses it. */
  text: string | null
  problem: 'invalid_json' | 'unrepresentable_text' | null
  /** Why the record is not of the entity: its wrapper's stream, or its content (R6). */
  foreign: 'stream' | 'content' | null
}

/** What a loaded file contains besides records: the signs of R5 that something is missing, as far as they are in the file itself. */
export interface Signs {
  isBlank: boolean
  hasError: boolean
  hasNextPage: boolean
}

/** The records of a file by position, with its signs, or the reason for its refusal (R6). */
export type Content = { records: Landed[]; signs: Signs } | { refused: string }

/** Reads a file by R6. */
export function readFile(file: FeedFile): Content {
  const text = readText(file)
  if (typeof text !== 'string') return text
  const signs: Signs = { isBlank: isBlank(text), hasError: false, hasNextPage: false }
  if (signs.isBlank) return { records: [], signs }
  if (text.trimStart().startsWith('<')) return { refused: 'HTML' }

  const values = isOfLines(file.path) ? readLines(text) : readDocument(file.entity, text, signs)
  if (!Array.isArray(values)) return values
  const records = values.flatMap(value => landed(file.entity, value, signs))
  if (records.length > 0 && records.every(({ foreign }) => foreign !== null)) return { refused: 'no record of the entity' }
  return { records, signs }
}

/** A value of the file, or the text of a line that does not parse. */
type Value = { value: Json } | { broken: string }

function readDocument(entity: Entity, text: string, signs: Signs): Value[] | { refused: string } {
  const document = parseJson(text)
  if (document === undefined) return { refused: 'does not parse' }
  const envelope = envelopeOf(entity, document)
  if (envelope === 'two lists') return { refused: 'two lists of records' }
  if (envelope) {
    signs.hasError = hasError(envelope)
    signs.hasNextPage = hasNextPage(envelope)
  }
  const values = envelope?.list ?? (Array.isArray(document) ? document : [document])
  return values.map(value => ({ value }))
}

function readLines(text: string): Value[] | { refused: string } {
  const lines = text.split('\n')
  const last = lines.at(-1) ?? ''
  if (!isBlank(last) && parseJson(last) === undefined) return { refused: 'the last line ends early' }
  return lines
    .filter(line => !isBlank(line))
    .map(line => {
      const value = parseJson(line)
      return value === undefined ? { broken: line.replace(/\r$/, '') } : { value }
    })
}

/** The record of a value; none for a message of a protocol. */
function landed(entity: Entity, value: Value, signs: Signs): Landed[] {
  if ('broken' in value) return [{ value: undefined, text: value.broken, problem: 'invalid_json', foreign: 'content' }]
  const opened = unwrapped(entity, value.value)
  if ('message' in opened) {
    signs.hasError ||= opened.message === 'error'
    return []
  }
  const { record, stream } = opened
  const problem = problemOf(record)
  const text = problem ? (isObject(record) ? record.source : JSON.stringify(record)) : null
  const isOther = stream !== undefined && isOtherStream(entity, stream)
  return [{ value: record, text, problem, foreign: isOther ? 'stream' : isForeign(entity, record) ? 'content' : null }]
}

function isOfLines(path: string): boolean {
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(path)
}
