import { type Batch, compareBatches, compareText, natural } from './batches.ts'
import type { Entity } from './feed.ts'
import { billKey, type Finding, freshdeskKey, isMissing, memberAt, type Reading, trim } from './fields.ts'
import { canonicalJson, exactJson, isNumber, isObject, type Json, type JsonObject } from './json.ts'
import type { Landed } from './parse.ts'

/** A row of a table in canonical text: null, or the text of the value. */
export type Row = Record<string, string | null>

/** `agent_ids` or `role_ids` as read (R16): `partial` lists have an unreadable element. */
export interface IdList {
  state: 'unknown' | 'full' | 'partial'
  /** Whether the record has the field. */
  isThere: boolean
  ids: { id: string; coerced: boolean }[]
}

/** The parts of a transaction; null for an element that is not an id. */
export type Parts = Record<'id' | 'uuid', (string | null)[]>

/** The content of a record besides its findings. */
export interface Content {
  values: Row
  list?: IdList | undefined
  /** The rows of the list of channels, where the record has one. */
  availability?: Row[] | undefined
  /** For a transaction: the selected values of its fields, as name and value. */
  tags?: Row[]
  parts?: Parts
  /** Columns whose null is a value, not to be filled from another record (an empty signature). */
  settled?: string[]
}

/** A landed record after the rules on single records. */
export interface Judged extends Content {
  entity: Entity
  batch: Batch
  file: string
  position: number
  /** The record as jsonb; undefined where jsonb cannot represent it. */
  record: Json | undefined
  /** Its source, where jsonb cannot represent it. */
  text: string | null
  /** Whether it is not a record of the entity (R6). */
  isForeign: boolean
  /** Whether another record of its key in the batch has the same content (R17). */
  isRepetition?: true
  key: string | null
  outcome: 'staged' | 'quarantined' | 'duplicate'
  findings: Finding[]
}

/** Reads the fields of a record by the rules of its entity, and adds its findings. */
export type Read = (record: JsonObject, findings: Finding[]) => Content

/** The rules on one record: R6, R11 to R16, R18, from the findings of `read`. */
export function judgeRecord(
  entity: Entity,
  { value, text, problem, foreign }: Landed,
  place: { batch: Batch; file: string; position: number },
  read: Read,
): Judged {
  const base = { entity, ...place, record: problem ? undefined : value, text, isForeign: foreign !== null, values: {} }
  const quarantined = (key: string | null, findings: Finding[]): Judged => ({ ...base, key, findings, outcome: 'quarantined' })
  const fault = (type: string, field: string | null): Finding => ({ severity: 'error', type, field })

  const reading = readKey(entity, value)
  const key = typeof reading === 'string' ? null : reading.value
  if (foreign === 'stream') return quarantined(null, [fault('invalid_value', 'stream')])
  if (problem) return quarantined(problem === 'invalid_json' ? null : key, [fault(problem, null)])
  if (value === undefined || !isObject(value)) return quarantined(null, [fault('not_an_object', null)])

  const findings: Finding[] = []
  if (reading === 'missing') findings.push(fault('missing_key', 'id'))
  else if (reading === 'invalid') findings.push(fault('invalid_key', 'id'))
  else if (reading.coerced) findings.push({ severity: 'warning', type: 'coerced_value', field: 'id' })

  const content = read(value, findings)
  const errors = findings.filter(finding => finding.severity === 'error' && !finding.element)
  if (errors.length > 0) return quarantined(key, errors)
  if (foreign) return quarantined(key, [fault('missing_value', null)])
  return { ...base, ...content, key, findings, outcome: 'staged' }
}

/** Marks the losers of R17 among the accepted records of each batch and key, and adds their findings and those of exact repetitions. */
export function markDuplicates(records: Judged[]): void {
  for (const rivals of grouped(accepted(records), record => `${record.entity} ${record.batch.name} ${record.key}`).values()) {
    rivals.sort(compareInBatch).reverse()
    const seen = new Set<string>()
    rivals.forEach((record, index) => {
      const content = canonicalJson(record.record ?? null)
      if (index > 0) record.outcome = 'duplicate'
      if (seen.has(content)) Object.assign(record, { findings: [], list: undefined, isRepetition: true })
      else if (index > 0) record.findings.push({ severity: 'warning', type: 'duplicate_in_batch', field: null })
      seen.add(content)
    })
  }
}

/** The accepted records: staged ones and the duplicates that lost to them. */
export function accepted(records: Judged[]): Judged[] {
  return records.filter(record => record.outcome !== 'quarantined')
}

/** The records of a key in a batch. */
export function recordsOfKey(records: Judged[], batch: Batch, key: string): Judged[] {
  return records.filter(record => record.batch.name === batch.name && record.key === key)
}

/** The current record of each key (R4), of the staged records given. */
export function currentRecords(records: Judged[]): Map<string, Judged> {
  const current = new Map<string, Judged>()
  for (const record of records.filter(({ outcome }) => outcome === 'staged')) {
    const rival = current.get(record.key ?? '')
    if (!rival || compareRecords(rival, record) < 0) current.set(record.key ?? '', record)
  }
  return current
}

/** The first and last dated batch with an accepted record of the key. */
export function seenOn(records: Judged[], key: string): { first_seen_on: string | null; last_seen_on: string | null } {
  const days = accepted(records).filter(record => record.key === key && record.batch.date !== null)
  const dates = days.map(record => record.batch.date).sort()
  return { first_seen_on: dates[0] ?? null, last_seen_on: dates.at(-1) ?? null }
}

/** Rank of two records of one key (R4), the lower first. A transaction's update time counts before its batch (R27). */
export function compareRecords(a: Judged, b: Judged): number {
  const byTime = a.entity === 'transactions' ? compareUpdates(a, b) : 0
  return byTime || compareBatches(a.batch, b.batch) || compareInBatch(a, b)
}

/** The newest of some transactions, in the order of R27. */
export function newestOf(transactions: Judged[]): Judged | undefined {
  return transactions.sort((a, b) => compareUpdates(a, b) || compareRecords(a, b)).at(-1)
}

/** Rank of two update times, the lower first; null is lowest. */
export function compareUpdates(a: Judged, b: Judged): number {
  return compareText(a.values.updated_at ?? '', b.values.updated_at ?? '')
}

/** The key of a record (R11): `id`; for agent_availability without it, the digits at the end of `agent_ref`. */
function readKey(entity: Entity, value: Json | undefined): Reading {
  const [id, ref] = [memberAt(value, 'id'), memberAt(value, 'agent_ref')]
  if (!isFreshdesk(entity)) return billKey(id)
  if (entity !== 'agent_availability' || !isMissing(id) || isMissing(ref)) return freshdeskKey(id)
  const text = typeof ref === 'string' ? trim(ref) : ref !== undefined && isNumber(ref) ? ref.number : ''
  return freshdeskKey({ number: /\d+$/.exec(text)?.[0] ?? 'NaN' })
}

/** Whether the entity comes from Freshdesk; otherwise it comes from BILL. */
export function isFreshdesk(entity: Entity): boolean {
  return ['agents', 'agent_details', 'agent_availability', 'admin_groups', 'roles'].includes(entity)
}

/** A list of ids (R16): absent is unknown without a finding, anything but an array is unknown with an error, elements follow R11. */
export function readIdList(value: Json | undefined, field: string, findings: Finding[]): IdList {
  const role = (id: string | null) => (field === 'role_ids' ? { role: { id } } : {})
  if (value === undefined) return { state: 'unknown', isThere: false, ids: [] }
  if (!Array.isArray(value)) {
    findings.push({ severity: 'error', type: 'invalid_value', field, element: true, ...role(null) })
    return { state: 'unknown', isThere: true, ids: [] }
  }
  const list: IdList = { state: 'full', isThere: true, ids: [] }
  for (const element of distinct(value.filter(element => element !== null))) {
    const reading = freshdeskKey(element)
    if (typeof reading === 'string') {
      list.state = 'partial'
      findings.push({ severity: 'error', type: `${reading}_key`, field, element: true, ...role(null) })
    } else list.ids.push({ id: reading.value, coerced: reading.coerced })
  }
  return list
}

/** The different values, as JSON texts: 1 and 1.0 are two, an exact repetition is one. */
export function distinct(values: Json[]): Json[] {
  return [...new Map(values.map(value => [exactJson(value), value])).values()]
}

/** Groups items by key, in the order of first appearance. */
export function grouped<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function compareInBatch(a: Judged, b: Judged): number {
  return compareUpdates(a, b) || natural(a.file, b.file) || a.position - b.position
}
