import fc from 'fast-check'
import type { Entity } from './feed.ts'
import { recordTexts } from './texts.ts'

/** The text of a file, its extension, and the damage to its bytes. */
export interface Content {
  text: string
  ending: string
  damage?: 'gzip' | 'utf8'
}

/** Records as a file in one of the shapes of the feed (R6). */
export function content(entity: Entity): fc.Arbitrary<Content> {
  const list = fc.array(recordTexts[entity], { maxLength: perAgent.includes(entity) ? 2 : 5 })
  const shape = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Shape>(array, page) },
    { weight: 4, arbitrary: fc.constantFrom<Shape>(...cleanShapes) },
    { weight: 1, arbitrary: fc.constantFrom<Shape>(...incompleteShapes) },
  )
  return fc.tuple(list, shape, fc.nat(4), fc.nat(19)).map(([records, given, zip, upper]) => {
    // Too few fields to be recognised under any other name.
    const write = entity === 'agent_availability' && given === unnamed ? array : given
    const isOne = perAgent.includes(entity) && records.length === 1 && (write === array || write === page)
    const { text, ending } = isOne ? { text: records[0] ?? '', ending: '.json' } : write(records, entity)
    const whole = ending + (zip === 0 ? '.gz' : '')
    return { text, ending: upper === 0 ? whole.toUpperCase() : whole }
  })
}

/** Feeds with a file of one record for each agent. */
const perAgent: Entity[] = ['agent_details', 'agent_availability']

type Shape = (records: string[], entity: Entity) => { text: string; ending: string }

const array: Shape = records => ({ text: `[${records.join(',')}]`, ending: '.json' })

const page: Shape = (records, entity) => document(`{"${pageNameOf[entity] ?? 'results'}":[${records.join(',')}]}`)

/** A single key with records; without records nothing can be recognised, and the file is refused. */
const unnamed: Shape = records => document(`{"items":[${records.join(',')}],"count":${records.length}}`)

const cleanShapes: Shape[] = [
  records => document(`[${records.join(',\n  ')}]`),
  records => document(`\ufeff[${records.join(',')}]\n`),
  unnamed,
  (records, entity) => document(`{"data":{"${entity}":[${records.join(',')}]},"error":null}`),
  records => document(`{"nextPage":[],"errors":{},"error":" ","results":[${records.join(',')}]}`),
  (records, entity) => document(`[${records.map(record => `{"stream":"${entity}","data":${record}}`).join(',')}]`),
  records => lines(records),
  (records, entity) => lines(objects(records).map(record => `{"stream":"${streamOf[entity] ?? entity}","data":${record},"emitted_at":1}`)),
  (records, entity) => lines([log, ...objects(records).map(record => airbyte(entity, record)), '{"type":"STATE","state":{}}']),
  records =>
    lines(
      objects(records).map(record => `{"_airbyte_ab_id":"x","_airbyte_emitted_at":1,"_airbyte_data":${record}}`),
      '.jsonl',
    ),
  (records, entity) =>
    lines([
      `{"type":"SCHEMA","stream":"${entity}","schema":{}}`,
      ...objects(records).map(record => `{"type":"RECORD","stream":"${entity}","record":${record}}`),
      '{"type":"STATE","value":{}}',
    ]),
]

/** Shapes of a snapshot with a sign that something is missing (R5); a following page is a sign only in the last file. */
const incompleteShapes: Shape[] = [
  records => document(`{"results":[${records.join(',')}],"nextPage":"b2Zmc2V0"}`),
  records => document(`{"results":[${records.join(',')}],"nextPage":"b2Zmc2V0"}`),
  records => document(`{"results":[${records.join(',')}],"errors":[{"code":"BDC_1144"}]}`),
  records => document(`{"data":{"results":[${records.join(',')}]},"error":"upstream timeout"}`),
  records => document(`{"data":{"results":[${records.join(',')}],"nextPage":7}}`),
  records => lines(records.toSpliced(1, 0, '{"id":101,"name":')),
  (records, entity) => lines([...records.map(record => airbyte(entity, record)), '{"type":"TRACE","trace":{"type":"ERROR","error":{}}}']),
  (records, entity) => lines([...records.map(record => airbyte(entity, record)), airbyte('tickets', '{"id":5,"name":"Other"}')]),
]

const log = '{"type":"LOG","log":{"level":"INFO","message":"x"}}'

function airbyte(stream: string, record: string): string {
  return `{"type":"RECORD","record":{"stream":"${stream}","data":${record},"emitted_at":1}}`
}

function document(text: string): { text: string; ending: string } {
  return { text, ending: '.json' }
}

function lines(all: string[], ending = '.ndjson'): { text: string; ending: string } {
  return { text: all.map(line => `${line}\n`).join(''), ending }
}

/** Values that a wrapper can contain. */
function objects(records: string[]): string[] {
  return records.filter(record => record.startsWith('{'))
}

const pageNameOf: Partial<Record<Entity, string>> = { agents: 'agents', admin_groups: 'groups', roles: 'data', agent_details: 'data' }

const streamOf: Partial<Record<Entity, string>> = { admin_groups: 'groups' }
