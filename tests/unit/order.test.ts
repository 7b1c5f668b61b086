import { expect, it } from 'vitest'
import { ancestors, blockedBy, buildOrder, descendants, findCycle } from '../../run/graph/order.ts'
import type { Node, Project } from '../../run/manifest/node.ts'

/** A graph written as 'child: parents'. */
function graph(...lines: string[]): Project {
  const parentMap = new Map<string, string[]>()
  for (const line of lines) {
    const [child = '', parents = ''] = line.split(':')
    parentMap.set(full(child), parents.split(' ').filter(Boolean).map(full))
  }
  const childMap = new Map([...parentMap.keys()].map((id): [string, string[]] => [id, []]))
  for (const [child, parents] of parentMap) for (const parent of parents) childMap.get(parent)?.push(child)
  const nodes = new Map(
    [...parentMap].map(([uniqueId, dependsOn]) => [uniqueId, { uniqueId, dependsOn, resourceType: uniqueId.split('.')[0] } as Node]),
  )
  return { nodes, sources: new Map(), unitTests: new Map(), reports: new Map(), parentMap, childMap } as unknown as Project
}

const full = (name: string): string => `${{ t_: 'test', s_: 'seed' }[name.slice(0, 2)] ?? 'model'}.desk.${name}`
const short = (ids: Iterable<string>): string => [...ids].map(id => id.split('.').at(-1)).join(' ')
const order = (project: Project): string => short(buildOrder(project, project.nodes.keys()).map(node => node.uniqueId))

it.each([
  ['a node after all that it reads', ['agents: stg', 'stg: base', 'base:'], 'base stg agents'],
  ['by name what nothing else orders', ['roles:', 'agents:'], 'agents roles'],
  ['a test after its node and before what reads the node', ['a:', 'b: a', 't_a: a'], 'a t_a b'],
  ['a test of two nodes before what depends on both, however far', ['a:', 'b:', 'c: a b', 'd: c', 't_ab: a b'], 'a b t_ab c d'],
  ['a test of two nodes not before what depends on one of them', ['a:', 'b: a', 'c: b', 't_ab: a c'], 'a b c t_ab'],
  ['seeds before all, as a source may be one', ['a:', 't_a: a', 't_source:', 's_z:'], 's_z t_source a t_a'],
  ['tests as soon as they can run', ['a:', 'b:', 't_a: a', 't_b: b'], 'a t_a b t_b'],
])('puts %s', (_, lines, expected) => {
  expect(order(graph(...lines))).toBe(expected)
})

it('keeps the order of the whole for any selection', () => {
  const project = graph('a:', 'b: a', 'c: b', 't_a: a')
  expect(short(buildOrder(project, ['model.desk.c', 'test.desk.t_a']).map(node => node.uniqueId))).toBe('t_a c')
})

it('walks up and down, as many steps as asked for', () => {
  const project = graph('a:', 'b: a', 'c: b', 'd: c')
  expect(short(ancestors(project, ['model.desk.d']))).toBe('c b a')
  expect(short(ancestors(project, ['model.desk.d'], 1))).toBe('c')
  expect(short(descendants(project, ['model.desk.a'], 2))).toBe('b c')
  expect(short(descendants(project, ['model.desk.a'], 0))).toBe('')
})

it('holds back what depends on a failed node, and behind a failed test what needs all that it tests', () => {
  const project = graph('a:', 'b: a', 'c: b', 'x:', 't_a: a', 't_ax: a x')
  expect(short(blockedBy(project, 'model.desk.a'))).toBe('b t_a t_ax c')
  expect(short(blockedBy(project, 'test.desk.t_a'))).toBe('b c')
  expect(short(blockedBy(project, 'test.desk.t_ax'))).toBe('')
})

it('finds a circle', () => {
  expect(findCycle(graph('a: b', 'b: a').parentMap)).toEqual(['model.desk.a', 'model.desk.b', 'model.desk.a'])
  expect(findCycle(graph('a: b', 'b:').parentMap)).toBeUndefined()
})

it('orders a thousand nodes in a chain without a deep stack', () => {
  const lines = Array.from(
    { length: 5000 },
    (_, index) => `m${String(index).padStart(5, '0')}:${index === 0 ? '' : ` m${String(index - 1).padStart(5, '0')}`}`,
  )
  const project = graph(...lines)
  expect(buildOrder(project, project.nodes.keys())).toHaveLength(5000)
  expect(findCycle(project.parentMap)).toBeUndefined()
})
