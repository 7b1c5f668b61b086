import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Import, importsOf } from './house/imports.ts'

const root = join(import.meta.dirname, '../..')

/** The rooms of run/ from the bottom up: each may import those before it, and itself. docs/ARCHITECTURE.md describes them. */
const ROOMS = [
  'base',
  'jinja',
  'manifest',
  'database',
  'embedded',
  'project',
  'packages',
  'graph',
  'template',
  'reports',
  'parse',
  'history',
  'report',
  'artifacts',
  'citus',
  'materialize',
  'check',
  'execute',
  'notify',
  'preview',
  'lineage',
  'docs',
  'cli',
  'commands',
  'feed',
]

/** Imports allowed for other folders: loaders is outside of the rooms, and only feed may import it. */
const MAY_SEE: Record<string, string[]> = {
  ...Object.fromEntries(ROOMS.map((room, floor) => [room, ROOMS.slice(0, floor + 1)])),
  feed: [...ROOMS, 'loaders'],
  loaders: ['base', 'database', 'loaders'],
}

/** Rooms with cycles that come from the language: an expression contains a query or a macro, which contain expressions. */
const RECURSIVE = ['jinja', 'lineage']

const { files, imports } = importsOf(root, ['tsconfig.json', 'run/docs/page/tsconfig.json'])

describe('the rooms', () => {
  it('hold every file of run/', () => {
    const outside = files.filter(file => file.startsWith('run/') && !ROOMS.includes(roomOf(file)))
    expect(outside, `A file of run/ lies in one of the rooms ${ROOMS.join(', ')}`).toEqual([])
  })

  it('import only from rooms below them', () => {
    expect(imports.flatMap(complaint)).toEqual([])
  })

  it('are without circles, but where the language is recursive', () => {
    expect(circles(imports).filter(circle => !circle.every(file => RECURSIVE.includes(roomOf(file))))).toEqual([])
  })

  it('are not looked at from above by run.ts: nothing imports it', () => {
    expect(imports.filter(({ to }) => to === 'run.ts')).toEqual([])
  })

  it('build a plain dbt project without the feed of this warehouse', () => {
    const reached = reachable('run/commands/commands.ts')
    expect([...reached].filter(file => ['feed', 'loaders'].includes(roomOf(file)))).toEqual([])
    expect(reached.has('run/execute/build.ts')).toBe(true)
  })
})

describe('the guard', () => {
  it('names file, line and the rooms that may be looked at', () => {
    expect(complaint({ from: 'run/jinja/lexer.ts', to: 'run/parse/csv.ts', line: 3 })).toEqual([
      'run/jinja/lexer.ts:3 imports run/parse/csv.ts: jinja may look at base, jinja',
    ])
    expect(complaint({ from: 'loaders/land.ts', to: 'run/report/format.ts', line: 1 })).toHaveLength(1)
    expect(complaint({ from: 'run/parse/csv.ts', to: 'run/jinja/lexer.ts', line: 3 })).toEqual([])
  })

  it('reads imports of several lines, of types, of types in types, and dynamic ones', () => {
    const has = (from: string, to: string) => imports.some(one => one.from === from && one.to === to)
    expect(has('run/template/generic-test.ts', 'run/jinja/template.ts')).toBe(true)
    expect(has('run/base/validate.ts', 'run/base/errors.ts')).toBe(true)
    expect(has('run/feed/extension.ts', 'run/feed/load-feed.ts')).toBe(true)
    expect(has('run/docs/page/model.ts', 'run/docs/shape.ts')).toBe(true)
  })

  it('finds a circle', () => {
    const arrow = (from: string, to: string): Import => ({ from, to, line: 1 })
    expect(circles([arrow('a', 'b'), arrow('b', 'c'), arrow('c', 'a'), arrow('c', 'd')])).toEqual([['a', 'b', 'c']])
  })
})

function complaint({ from, to, line }: Import): string[] {
  const [own, other] = [roomOf(from), roomOf(to)]
  const seen = MAY_SEE[own]
  return !seen || seen.includes(other) ? [] : [`${from}:${line} imports ${to}: ${own} may look at ${seen.join(', ')}`]
}

// run.ts, tests and bench are outside: they may import everything.
function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'run' ? second : first
}

function reachable(start: string): Set<string> {
  const reached = new Set([start])
  for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to)
  return reached
}

/** Groups of files that reach each other, each sorted, from the transitive closure of a few hundred files. */
function circles(arrows: Import[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to])
  const below = new Map([...next.keys()].map(file => [file, closure(file)]))
  const groups = new Map<string, string[]>()
  for (const [file, all] of below) {
    const group = [...all].filter(other => below.get(other)?.has(file)).sort()
    if (group.length > 1 || next.get(file)?.includes(file)) groups.set(group.join(' '), group)
  }
  return [...groups.values()]

  function closure(file: string): Set<string> {
    const seen = new Set(next.get(file))
    for (const one of seen) for (const other of next.get(one) ?? []) seen.add(other)
    return seen
  }
}
