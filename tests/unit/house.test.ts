import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Node, Project } from '../../run/manifest/node.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'

const root = join(import.meta.dirname, '../..')

/** The rules of the house, for all that the compiler does not see. */
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
    for (const { path } of models) expect(textOf(path), path).toMatch(/^\{# (One row|Every) [^\n]+[.:)] +#\}\n/)
  })

  it('are described, and so is every column that readers query', () => {
    for (const { description, path } of models) expect(description, path).not.toBe('')
    const read = models.filter(({ path }) => /^models\/(core|history|errors|marts|ops)\//.test(path))
    for (const { columns, path } of read) {
      expect(columns.length, path).toBeGreaterThan(0)
      for (const { name, description } of columns) expect(description, `${path}, ${name}`).not.toBe('')
    }
  })

  it('read the landing tables at the bottom only', () => {
    // What models mark for each other never landed.
    const isLanding = (id: string) => id.startsWith('source.') && !id.endsWith('.ops.touched')
    const readers = models.filter(({ dependsOn }) => dependsOn.some(isLanding))
    expect(readers.filter(({ path }) => !path.startsWith('models/staging/base/')).map(({ path }) => path)).toEqual([])
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

describe('the imports', () => {
  const files = ['run', 'loaders', 'bench'].flatMap(folder => sourcesIn(join(root, folder)))
  const imports = files.flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) [^\n]*?from '(\.[^']+)'/gm)].map(([, target]) => ({
      from: relative(root, file),
      to: relative(root, join(dirname(file), target!)),
    })),
  )

  it('never lead to run.ts', () => {
    expect(imports.filter(({ to }) => to === 'run.ts')).toEqual([])
  })

  it('lead from loaders to nothing of run but the error type', () => {
    const up = imports.filter(({ from, to }) => from.startsWith('loaders/') && to.startsWith('run/'))
    expect(up.filter(({ to }) => to !== 'run/errors.ts')).toEqual([])
  })

  it('keep Jinja, order and selection away from the database', () => {
    const pure = /^run\/(jinja\/.*|project|parse|order|select|config|properties|fingerprint|yaml)\.ts$/
    const database = /^run\/(database|lock|migrate|embedded|materialize|build)\.ts$/
    expect(imports.filter(({ from, to }) => pure.test(from) && database.test(to))).toEqual([])
  })
})

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => join(entry.parentPath, entry.name))
}
