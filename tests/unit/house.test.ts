import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Node, Project } from '../../run/manifest/node.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'

const root = join(import.meta.dirname, '../..')

/** The house rules that the compiler does not check. */
describe('the models', () => {
  let models: Node[]
  let project: Project
  beforeAll(async () => {
    project = parseProject(await loadProject(root))
    models = [...project.nodes.values()].filter(node => node.resourceType === 'model')
  })

  it('are tables of the same name', () => {
    for (const { alias, path } of models) expect(alias, path).toBe(basename(path, '.sql'))
    expect(new Set(models.map(({ name }) => name)).size).toBe(models.length)
  })

  it('begin with a sentence that says what a row is', () => {
    for (const { path } of models) expect(textOf(path), path).toMatch(/^\{# (One row|Every) [^\n]+#\}\n(\{# [^\n]+#\}\n)*\n/)
    for (const { path } of models) expect(textOf(path).split('#}\n\n')[0]?.trim(), path).toMatch(/[.:)]$/)
  })

  it('print no name that nobody defines, and have no key or config that nobody knows', () => {
    expect(project.warnings).toEqual([])
  })

  it('are described', () => {
    for (const { description, path } of models) expect(description, path).not.toBe('')
  })

  it('read the landing tables at the bottom only', () => {
    // Marks that models set for each other did not land.
    const isLanding = (id: string) => id.startsWith('source.') && !id.endsWith('.ops.touched')
    const readers = models.filter(({ dependsOn }) => dependsOn.some(isLanding))
    expect(readers.filter(({ path }) => !/^models\/staging\/(base\/|landed\/|stg_)/.test(path)).map(({ path }) => path)).toEqual([])
  })

  it('know nothing of the clock, so that two builds of one feed are equal', () => {
    for (const { path } of models) expect(textOf(path), path).not.toMatch(/\b(now\(\)|current_timestamp|clock_timestamp|random\(\))/)
  })

  it('point down: staging to core to marts', () => {
    const layer = ({ path }: Node) => ['staging', 'core', 'history', 'ops', 'errors', 'marts'].indexOf(path.split('/')[1] ?? '')
    const up = models.flatMap(node => {
      const parents = node.dependsOn.map(id => project.nodes.get(id)).filter(parent => parent?.resourceType === 'model')
      return parents.filter(parent => layer(parent!) > layer(node)).map(parent => `${node.name} reads ${parent!.name}`)
    })
    expect(up).toEqual([])
  })

  const textOf = (path: string) => readFileSync(join(root, path), 'utf8')
})
