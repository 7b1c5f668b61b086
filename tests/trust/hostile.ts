import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type Entity, entities } from '../pipeline/rules/feed.ts'
import { hostileValue } from './hostile-values.ts'

/** A file of a hostile feed. Exactly one of `bytes`, `link` and `isFolder` is set. */
export interface HostileFile {
  entity: Entity
  /** Relative to the data folder. */
  path: string
  bytes?: Buffer
  /** A symbolic link to this target, relative to the folder of the link. */
  link?: string
  isFolder?: boolean
  isUnreadable?: boolean
}

/** Valid documents by entity, for mutation: each a list of records as parsed by JSON.parse. */
export type Valid = Record<Entity, object[][]>

/** Valid files with one to three mutations of their values, their text, their bytes, or of the file itself. */
export function hostileFiles(valid: Valid): fc.Arbitrary<HostileFile> {
  return fc
    .record({
      entity: fc.constantFrom(...entities),
      document: fc.nat(),
      batch: fc.constantFrom(...batches),
      name: fc.nat(),
      shape: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('array', 'pretty', 'page', 'lines', 'wrapped') },
        { weight: 1, arbitrary: fc.constantFrom(...Object.keys(shapes)) },
      ),
      mutations: fc.array(
        fc.record({ kind: fc.constantFrom(...(Object.keys(mutations) as (keyof typeof mutations)[])), at: fc.nat(), value: hostileValue }),
        { minLength: 1, maxLength: 3 },
      ),
      damage: fc.oneof(
        { weight: 5, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom(...(Object.keys(damages) as (keyof typeof damages)[])), at: fc.nat() }) },
      ),
      kind: fc.oneof({ weight: 60, arbitrary: fc.constant('file' as const) }, { weight: 1, arbitrary: fc.constantFrom(...oddKinds) }),
      zip: fc.nat(9),
    })
    .map(({ entity, document, batch, name, shape, mutations: changes, damage, kind, zip }) => {
      const records = (valid[entity][document % valid[entity].length] ?? []).slice(0, 12).map(parsed)
      for (const { kind: how, at, value } of changes) mutations[how](records, at, value)
      const { text, ending } = shapes[shape]!(records.map(write), entity)
      const path = `${batch}/${entity}/${names[name % names.length]}`
      if (kind !== 'file') return { entity, path: `${path}${ending}`, ...odd(kind) }
      const whole = Buffer.from(text)
      const bytes = damage ? damages[damage.kind](whole, damage.at) : whole
      return zip === 0
        ? {
            entity,
            path: `${path}${ending}.gz`,
            bytes: damage?.kind === 'truncate' ? damages.truncate(gzipSync(whole), damage.at) : gzipSync(bytes),
          }
        : { entity, path: `${path}${ending}`, bytes }
    })
}

/** Days, distant days, days that do not exist, and names hostile to SQL, paths, terminals and sorting. */
const batches = [
  'sync-day1',
  'sync-day2',
  'sync-day3',
  'sync-day10',
  'sync-2026-01-09',
  'sync-9999-12-31',
  'sync-0001-01-01',
  'sync-2026-02-30',
  'sync-0000-00-00',
  'sync-day99999',
  'sync-day0',
  'sync-day99999999999999999999999999',
  `sync-${'9'.repeat(200)}`,
  'tran',
  "o'clock; drop schema core cascade; --",
  'two\nlines "quoted" \\ back $$ %s %00',
  'día-日本-😀',
  '\u001b[31mred\u0007',
  `${'long'.repeat(60)}day2`,
  '{{ ref("agents") }}',
]

const names = [
  '1',
  '2',
  '10',
  '01',
  "it's",
  'a\nb',
  'a"b;c',
  '100%',
  '\u001b[2J',
  'ß😀',
  '$1',
  '1..2',
  'x'.repeat(200),
  `${'9'.repeat(220)}`,
]

/** JSON as a tree that keeps what JSON.parse would lose: numbers as written, members in order, repeated keys. */
type Tree = string | Tree[] | { members: [key: string, value: Tree][] }

type Change = (records: Tree[], at: number, value: string) => void

/** Mutations of a document's values. `at` is the place. */
const mutations = {
  retype: (records, at, value) => place(records, at)?.set(value),
  nest: (records, at) => change(records, at, tree => [tree]),
  nestInObject: (records, at) => change(records, at, tree => ({ members: [['id', tree]] })),
  drop: (records, at) => place(records, at)?.drop(),
  duplicate: (records, at) => place(records, at)?.repeat(),
  duplicateKey: (records, at, value) => place(records, at)?.repeat(value),
  swap: (records, at) => {
    const [one, other] = [place(records, at), place(records, at * 7 + 3)]
    // As texts, since one may contain the other.
    const [left, right] = [one, other].map(node => write(node?.get() ?? 'null'))
    one?.set(right ?? 'null')
    other?.set(left ?? 'null')
  },
  addKey: (records, at, value) => place(records, at)?.add(oddKeys[at % oddKeys.length] ?? '', value),
  hugeList: (records, at) =>
    change(records, at, tree => {
      const text = write(tree)
      const small = text.length < 200 ? text : 'null'
      return Array.from({ length: 3000 }, (_, index) => (index % 3 ? String(index) : small))
    }),
  wholeRecord: (records, at, value) => {
    if (records.length > 0) records[at % records.length] = value
  },
  key: (records, at, value) => {
    const record = records[at % Math.max(records.length, 1)]
    const member = typeof record === 'object' && 'members' in record && record.members.find(([key]) => key === '"id"')
    if (member) member[1] = value
  },
} satisfies Record<string, Change>

const oddKeys = [
  '"id"',
  '"__proto__"',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"contact"',
  '"agent_ids"',
  '"role_ids"',
  `"${'k'.repeat(5000)}"`,
  '"toString"',
]

/** Shapes of records, most of them wrong. */
const shapes: Record<string, (records: string[], entity: Entity) => { text: string; ending: string }> = {
  array: records => ({ text: `[${records.join(',')}]`, ending: '.json' }),
  pretty: records => ({ text: `\ufeff[\n  ${records.join(' ,\r\n\t')}\n]\n`, ending: '.json' }),
  page: records => ({ text: `{"results":[${records.join(',')}],"next":null}`, ending: '.json' }),
  pageOfEntity: (records, entity) => ({ text: `{"${entity}":[${records.join(',')}]}`, ending: '.json' }),
  single: records => ({ text: records[0] ?? '', ending: '.json' }),
  lines: records => ({ text: records.map(record => `${record}\n`).join(''), ending: '.ndjson' }),
  linesInJson: records => ({ text: records.map(record => `${record}\n`).join(''), ending: '.json' }),
  brokenLines: records => ({ text: `${records.join('\n')}\n{"id":7,"na\n${records[0] ?? ''}\n`, ending: '.jsonl' }),
  unfinishedLines: records => ({ text: `${records.join('\r\n')}\n{"id":7,"na`, ending: '.jsonl' }),
  wrapped: records => ({ text: records.map(record => `{"stream":"s","data":${record},"emitted_at":1}\n`).join(''), ending: '.ndjson' }),
  wrappedTwice: records => ({ text: `{"stream":1,"data":{"stream":1,"data":${records[0] ?? 1}}}`, ending: '.json' }),
  pageOfObject: records => ({ text: `{"results":{"0":${records[0] ?? 'null'}}}`, ending: '.json' }),
  pageTwice: records => ({ text: `{"results":[${records.join(',')}],"results":[${records[0] ?? ''}]}`, ending: '.json' }),
  pageInPage: records => ({ text: `{"data":[{"results":[${records.join(',')}]}]}`, ending: '.json' }),
  arrayInArray: records => ({ text: `[[${records.join(',')}]]`, ending: '.json' }),
  brokenPage: records => ({ text: `{"results":[${records.join(',')}],"next":😀\u0000}`, ending: '.json' }),
  trailingComma: records => ({ text: `[${records.join(',')},]`, ending: '.json' }),
  twoDocuments: records => ({ text: `[${records.join(',')}][1]`, ending: '.json' }),
  errorBody: () => ({ text: '{"description":"Access denied","errors":[{"code":"x"}]}', ending: '.json' }),
  errorList: () => ({ text: '[{"code":"BDC_1144","message":"Invalid session"},{"error":1}]', ending: '.json' }),
  html: () => ({ text: ' <html><script>alert(1)</script>', ending: '.json' }),
  empty: () => ({ text: '', ending: '.json' }),
  blank: () => ({ text: ' \n\t ', ending: '.ndjson' }),
  scalar: records => ({ text: String(records.length), ending: '.json' }),
  word: () => ({ text: 'undefined', ending: '.json' }),
}

/** Mutations of the bytes. */
const damages = {
  truncate: (bytes: Buffer, at: number) => bytes.subarray(0, at % (bytes.length + 1)),
  cutStart: (bytes: Buffer, at: number) => bytes.subarray(at % (bytes.length + 1)),
  flip: (bytes: Buffer, at: number) =>
    Buffer.from(bytes.map((byte, index) => (index === at % (bytes.length || 1) ? byte ^ (1 << (at % 8)) : byte))),
  nul: (bytes: Buffer, at: number) => insert(bytes, at, Buffer.from([0])),
  invalid: (bytes: Buffer, at: number) => insert(bytes, at, Buffer.from([0xff, 0xc3])),
  surrogate: (bytes: Buffer, at: number) => insert(bytes, at, Buffer.from([0xed, 0xa0, 0x80])),
  emoji: (bytes: Buffer, at: number) => insert(bytes, at, Buffer.from('😀')),
  quote: (bytes: Buffer, at: number) => insert(bytes, at, Buffer.from('"')),
  backslash: (bytes: Buffer, at: number) => insert(bytes, at, Buffer.from('\\')),
  utf16: (bytes: Buffer, at: number) => Buffer.concat([Buffer.from(at % 2 ? [0xff, 0xfe] : []), Buffer.from(bytes.toString(), 'utf16le')]),
  latin1: (bytes: Buffer) => Buffer.from(bytes.toString(), 'latin1'),
  twice: (bytes: Buffer) => Buffer.concat([bytes, bytes]),
  zipped: (bytes: Buffer) => gzipSync(bytes),
  lineEnds: (bytes: Buffer) => Buffer.from(bytes.toString().replaceAll(',', ',\u2028\r')),
}

const oddKinds = ['linkInside', 'linkOutside', 'linkToRoot', 'dangling', 'circle', 'folder', 'unreadable'] as const

function odd(kind: (typeof oddKinds)[number]): Partial<HostileFile> {
  const bytes = Buffer.from('[{"id":8888888,"name":"no entry"}]')
  return {
    linkInside: { link: '../../sync-day1/real.json' },
    linkOutside: { link: '../../../outside.json' },
    linkToRoot: { link: '/etc/passwd' },
    dangling: { link: 'nowhere.json' },
    circle: { link: 'self' },
    folder: { isFolder: true },
    unreadable: { bytes, isUnreadable: true },
  }[kind]
}

function insert(bytes: Buffer, at: number, piece: Buffer): Buffer {
  const place = at % (bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place)])
}

/** The container of a node, for changes. */
interface Place {
  get(): Tree
  set(tree: Tree): void
  drop(): void
  /** Repeats the node beside it: in an object its key, with `value` if given. */
  repeat(value?: string): void
  /** Adds a member beside it, or in it. */
  add(key: string, value: string): void
}

/** The node with this number, of all nodes of all records. */
function place(records: Tree[], at: number): Place | undefined {
  const places: Place[] = []
  const visit = (list: Tree[]): void =>
    list.forEach((tree, index) => {
      places.push({
        get: () => list[index] ?? 'null',
        set: value => void list.splice(index, 1, value),
        drop: () => void list.splice(index, 1),
        repeat: value => void list.splice(index, 0, value ?? write(tree)),
        add: (key, value) => void (typeof tree === 'object' && 'members' in tree ? tree.members.push([key, value]) : list.push(value)),
      })
      descend(tree)
    })
  const descend = (tree: Tree): void => {
    if (Array.isArray(tree)) visit(tree)
    else if (typeof tree === 'object')
      for (const member of tree.members) {
        places.push({
          get: () => member[1],
          set: value => void member.splice(1, 1, value),
          drop: () => void tree.members.splice(tree.members.indexOf(member), 1),
          repeat: value => void tree.members.push([member[0], value ?? write(member[1])]),
          add: (key, value) => void tree.members.push([key, value]),
        })
        descend(member[1])
      }
  }
  visit(records)
  return places[at % Math.max(places.length, 1)]
}

function change(records: Tree[], at: number, how: (tree: Tree) => Tree): void {
  const node = place(records, at)
  node?.set(how(node.get()))
}

function parsed(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(parsed)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return { members: Object.entries(value).map(([key, inner]) => [JSON.stringify(key), parsed(inner)]) }
}

function write(tree: Tree): string {
  if (typeof tree === 'string') return tree
  if (Array.isArray(tree)) return `[${tree.map(write).join(',')}]`
  return `{${tree.members.map(([key, value]) => `${key}:${write(value)}`).join(',')}}`
}
