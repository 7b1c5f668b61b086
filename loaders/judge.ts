import { isAscii } from 'node:buffer'
import type { Entity } from './entities.ts'
import { isSpoiled, isTooDeep, NESTING_LIMIT, readableJson, shortened, unrepresentable, unwrap, withoutNul } from './json-repair.ts'
import { size } from './refusal.ts'
import { type Beside, createRows, roomFor } from './rows.ts'
import { validator } from './schema.ts'

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

/** What the bundle comes to. */
export interface Judged {
  /** Rows for COPY, without header and trailer, in pieces. They lie in the memory that was given for them and, large ones, in the bundle's. */
  rows: Buffer[]
  records: number
  /** How many are rejected, by reason. */
  rejected: Map<string, number>
  /** How many look like the body of an error: all of a file, and it is refused (R6). */
  errorBodies: number
  /** Of elements: why the first one that does not parse makes the whole file not parse. */
  broken: string | undefined
  /** Of lines: the last one does not parse. */
  lastBroken: boolean
}

/** How much memory the rows of a bundle need at most, in bytes. */
export function roomOf({ bytes, bounds }: Bundle): number {
  return roomFor(bounds.length / 2, bytes.length)
}

/**
 * Parses each record and gives its verdict. The bytes land as they are; what jsonb is known to refuse lands as text.
 * `memory` is for the rows and has the room of them.
 */
export function judge(bundle: Bundle, memory: Buffer): Judged {
  const { bytes, bounds, kind } = bundle
  const validate = validator(bundle.entity)
  const ascii = isAscii(bytes)
  const odd = ['\\u0000', '\\ud', '\\uD'].some(sequence => bytes.includes(sequence))
  const judged: Judged = { rows: [], records: 0, rejected: new Map(), errorBodies: 0, broken: undefined, lastBroken: false }
  const rows = createRows(bundle.fileId, memory)

  for (let index = 0; index < bounds.length; index += 2) {
    const position = bundle.first + index / 2
    let record = bytes.subarray(bounds[index], bounds[index + 1])
    const bare = bareOf(record)
    if (bare.length > PARSED_LIMIT) {
      judged.broken = `has a record larger than ${size(PARSED_LIMIT)} without its long texts, after ${position} records`
      return judged
    }
    let json = textOf(bare)
    let beside: Beside | undefined
    let value: unknown
    judged.lastBroken = false

    try {
      value = JSON.parse(json)
      const inner = kind === 'element' ? undefined : unwrap(record, value)
      if (inner) {
        record = record.subarray(inner.start, inner.end)
        json = textOf(bareOf(record))
        value = (value as { data: unknown }).data
      }
      const fault = (odd && unrepresentable(json)) || (isTooDeep(json) && `nested deeper than ${NESTING_LIMIT}`)
      if (fault) {
        const raw = record.toString()
        beside = { text: { raw, problem: 'unrepresentable_text', detail: fault, readable: readableJson(raw) } }
      }
    } catch (error) {
      const detail = withoutNul((error as Error).message)
      const spoiled = isSpoiled(json)
      if (kind !== 'line' && !spoiled) {
        judged.broken = `does not parse: ${kind === 'whole' ? '' : `record ${position}: `}${detail}`
        return judged
      }
      judged.lastBroken = !spoiled
      beside = {
        text: { raw: withoutNul(record.toString()), problem: 'invalid_json', detail: spoiled ? 'NaN and Infinity are not JSON' : detail },
      }
    }

    if (isErrorBody(value)) judged.errorBodies += 1
    const verdict = value === undefined ? undefined : validate(value)
    if (verdict) beside = { ...beside, verdict: verdict.json }
    const reason = beside?.text?.problem ?? verdict?.rejected
    if (reason) judged.rejected.set(reason, (judged.rejected.get(reason) ?? 0) + 1)
    rows.add(position, record, beside)
    judged.records += 1
  }

  judged.rows = rows.pieces()
  return judged

  function textOf(bare: Buffer): string {
    return bare.toString(ascii || isAscii(bare) ? 'latin1' : 'utf8')
  }
}

/** A record as it is parsed: a large one without its long texts. */
function bareOf(record: Buffer): Buffer {
  return record.length > LARGE ? shortened(record) : record
}

/** Of a record, in bytes. */
const LARGE = 1 << 20

/** No record may be larger without texts of more than 64 kB: parsed, it takes many times its size. In bytes. */
const PARSED_LIMIT = 10_000_000

const errorKeys = ['errors', 'error', 'message', 'code', 'description']

function isErrorBody(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !Object.hasOwn(value, 'id') && errorKeys.some(key => Object.hasOwn(value, key))
}
