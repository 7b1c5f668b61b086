import { isAscii } from 'node:buffer'
import { jsonFault, parseJson } from '../run/base/json-text.ts'
import { conformityOf } from './conform.ts'
import { type Contents, contentHash, type FirstPlace } from './contents.ts'
import { declarationOf } from './declaration.ts'
import type { Entity } from './entities.ts'
import { isTooDeep, NESTING_LIMIT, readableJson, shortened, spoiledValue, unrepresentable, withoutNul } from './json-repair.ts'
import { shapeOf } from './record-shape.ts'
import { size } from './refusal.ts'
import { createRepeats } from './repeats.ts'
import { type Beside, createRows, roomFor } from './rows.ts'
import { isStreamOf, unwrap } from './wrappers.ts'

/** Some records of a file as the scanner found them: start and end of each in `bytes`. */
export interface Bundle {
  entity: Entity
  fileId: bigint
  /** Position in the file of the first of them. */
  first: number
  bytes: Buffer
  bounds: Uint32Array
  kind: 'line' | 'whole' | 'element'
}

/** The result of a bundle. */
export interface Judged {
  /**
   * Rows for COPY, without header and trailer, in pieces. They are in the memory that was given for them; large rows are in the bundle's
   * memory.
   */
  rows: Buffer[]
  /** Rows for COPY of the records that landed before, byte for byte. */
  repeats: Buffer
  records: number
  /** Messages of a protocol, which are no records and have no position. */
  messages: number
  /** How many are rejected, by reason. */
  rejected: Map<string, number>
  /** How many values are not records of the entity, and what is wrong with the first of them (R6). */
  foreign: number
  firstForeign: string | undefined
  /** The error of the extraction that a message reports. */
  traced: string | undefined
  /** For elements: why the first one that does not parse makes the whole file invalid. */
  broken: string | undefined
  /** For lines: the last one does not parse. */
  lastBroken: boolean
}

/** How much memory the rows of a bundle need at most, in bytes. */
export function roomOf({ bytes, bounds }: Bundle): number {
  return roomFor(bounds.length / 2, bytes.length)
}

/** The result of a bundle, with the memory of its rows: the judge's, and the bundle's. */
export type JudgedInMemory = Judged & { memory: Uint8Array; bytes: Uint8Array }

/**
 * Judges bundles in the order of their file, one file after another; `remembers` says whether the contents of a bundle are remembered. Rows
 * are written into the spare memory where they fit.
 */
export function judgeInOrder(contents: Contents): (bundle: Bundle, spare: Buffer | undefined, remembers: boolean) => JudgedInMemory {
  // Messages of the file before its next bundle.
  let skipped = 0
  return (bundle, spare, remembers) => {
    const room = roomOf(bundle)
    const memory = spare && spare.length >= room ? spare : Buffer.allocUnsafeSlow(Math.ceil(room / STEP) * STEP)
    if (bundle.first === 0) skipped = 0
    const judged = judge(bundle, memory, { contents, remembers, skipped })
    skipped += judged.messages
    return { ...judged, memory, bytes: bundle.bytes }
  }
}

/** Memory has few sizes, so that it can be used again. */
const STEP = 1 << 18

/** What a judge needs besides a bundle. */
export interface Known {
  /** Contents that landed before. None: each record lands. */
  contents?: Contents | undefined
  /** Whether what lands now is to be remembered there, for files to come. */
  remembers?: boolean
  /** Messages of the file before this bundle. */
  skipped?: number
}

/**
 * Parses each record and judges it. The bytes land unchanged; a record that jsonb is known to refuse lands as text. A record that landed
 * before and conforms is not even parsed. `memory` is for the rows and has room for them.
 */
export function judge(bundle: Bundle, memory: Buffer, { contents, remembers = false, skipped = 0 }: Known = {}): Judged {
  const { bytes, bounds, kind, entity } = bundle
  const { conforms, rejected } = conformityOf(entity)
  const { hash: declared } = declarationOf(entity)
  const shape = shapeOf(entity)
  const ascii = isAscii(bytes)
  const odd = ['\\u0000', '\\ud', '\\uD'].some(sequence => bytes.includes(sequence))
  const judged = nothingYet()
  const rows = createRows(bundle.fileId, memory)
  const repeats = createRepeats(bundle.fileId, bounds.length / 2)

  for (let index = 0; index < bounds.length; index += 2) {
    const position = bundle.first + index / 2 - skipped - judged.messages
    let record = bytes.subarray(bounds[index], bounds[index + 1])
    let { hash, first } = known(record)
    if (first?.conforms) {
      repeat(position, first)
      continue
    }
    const bare = bareOf(record)
    if (bare.length > PARSED_LIMIT) {
      judged.broken = `has a record larger than ${size(PARSED_LIMIT)} without its long texts, after ${position} records`
      return judged
    }
    let json = textOf(bare)
    const beside: Beside = {}
    let [value, broken] = parsed(json)
    judged.lastBroken = broken !== undefined && value === undefined
    if (broken && kind !== 'line' && value === undefined) {
      judged.broken = `does not parse: ${kind === 'whole' ? '' : `record ${position}: `}${broken}`
      return judged
    }

    const inner = unwrap(record, value, shape.keys)
    if (inner?.kind === 'message') {
      judged.messages += 1
      judged.traced ??= inner.error
      continue
    }
    if (inner) {
      record = record.subarray(inner.start, inner.end)
      json = textOf(bareOf(record))
      if (broken) [, broken] = parsed(json)
      value = inner.value
      if (!isStreamOf(inner.stream, entity))
        beside.stream = inner.stream
        // A record that would be unwrapped once more if it came bare gets no hash.
      ;({ hash, first } = beside.stream === undefined && !unwrap(record, value, shape.keys) ? known(record) : UNKNOWN)
      if (first?.conforms) {
        repeat(position, first)
        continue
      }
    }
    const text = broken ? invalid(record, value === undefined ? broken : NOT_JSON) : textWhereRefused(record, json, odd)
    if (text) beside.text = text

    const foreign = beside.stream === undefined ? shape.foreign(value) : `is of the stream '${beside.stream}'`
    if (foreign !== undefined) {
      beside.isForeign = true
      judged.foreign += 1
      judged.firstForeign ??= foreign
    }
    const isOdd = beside.text !== undefined || foreign !== undefined
    // A large record was parsed without its long texts.
    const isDeclared = !isOdd && record.length <= LARGE && conforms(value, json)
    if (!isDeclared) {
      const reason = foreign === undefined ? (beside.text?.problem ?? rejected(value)) : `not a record of ${entity}`
      if (reason) judged.rejected.set(reason, (judged.rejected.get(reason) ?? 0) + 1)
    }
    if (first && !isOdd) {
      repeat(position, first)
      continue
    }
    rows.add(position, record, isDeclared ? declared : null, hash ?? null, isOdd ? beside : undefined)
    if (hash && remembers && !isOdd) contents?.add(entity, hash, { fileId: Number(bundle.fileId), position, conforms: isDeclared })
    judged.records += 1
  }

  judged.rows = rows.pieces()
  judged.repeats = repeats.rows()
  return judged

  /** The hash of a record, and where its content landed first. */
  function known(record: Buffer): { hash?: Uint8Array; first?: FirstPlace | undefined } {
    if (!contents) return UNKNOWN
    const hash = contentHash(record)
    return { hash, first: contents.find(entity, hash) }
  }

  function repeat(position: number, first: FirstPlace): void {
    repeats.add(position, first)
    judged.records += 1
    judged.lastBroken = false
  }

  function textOf(bare: Buffer): string {
    return bare.toString(ascii || isAscii(bare) ? 'latin1' : 'utf8')
  }
}

function nothingYet(): Judged {
  return {
    rows: [],
    repeats: Buffer.alloc(0),
    records: 0,
    messages: 0,
    rejected: new Map(),
    foreign: 0,
    firstForeign: undefined,
    traced: undefined,
    broken: undefined,
    lastBroken: false,
  }
}

const UNKNOWN: { hash?: Uint8Array; first?: FirstPlace } = {}

/** The value of a JSON text. Where it does not parse: what is wrong with it, and its value if only NaN and Infinity are at fault. */
function parsed(json: string): [value: unknown, broken?: string] {
  try {
    return [parseJson(json)]
  } catch {
    return [spoiledValue(json), jsonFault(json)]
  }
}

const NOT_JSON = 'NaN and Infinity are not JSON'

function invalid(record: Buffer, detail: string): Beside['text'] {
  return { raw: withoutNul(record.toString()), problem: 'invalid_json', detail }
}

/** The text of a record that jsonb is known to refuse, or that it accepts and then cannot process. */
function textWhereRefused(record: Buffer, json: string, odd: boolean): Beside['text'] {
  const detail = (odd && unrepresentable(json)) || (isTooDeep(json) && `nested deeper than ${NESTING_LIMIT}`)
  if (!detail) return undefined
  const raw = record.toString()
  return { raw, problem: 'unrepresentable_text', detail, readable: readableJson(raw) }
}

/** A record as it is parsed: a large one without its long texts. */
function bareOf(record: Buffer): Buffer {
  return record.length > LARGE ? shortened(record) : record
}

/** Records larger than this, in bytes, are parsed without their long texts. */
const LARGE = 1 << 20

/** In bytes: a record without its texts of more than 64 kB may not be larger, as parsed it takes many times its size. */
const PARSED_LIMIT = 10_000_000
