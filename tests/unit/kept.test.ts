import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ProjectError } from '../../run/base/errors.ts'
import { placeOf, placeOfValue, readYaml, type YamlMap } from '../../run/base/yaml.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import { folderOf, nodeOf } from './fixture.ts'

const FILLER = Array.from({ length: 40 }, (_, at) => `filler_${at}: a text that makes the file long`).join('\n')

it('a YAML file that was read before has the same values, at the same places of the file that it is now', () => {
  const text = `# ${randomUUID()}\n${FILLER}\nshared: &base {a: 1}\nmodels:\n  - name: on\n    columns: [{name: id}, {<<: *base, name: "no"}]\n__proto__: 7\n10: ten\n`
  const errors: ProjectError[] = []
  const [first, again] = ['one.yml', 'two.yml'].map(file => readYaml(text, file, errors) as YamlMap)
  expect(errors).toEqual([])
  expect(again).toEqual(first)
  expect(Object.entries(again!)).toEqual(Object.entries(first!))
  expect(placesIn(again!)).toEqual(placesIn(first!).map(place => place.replaceAll('one.yml', 'two.yml')))
  expect(placesIn(again!)).toContain('models two.yml:43:1 two.yml:44:3')
})

it('a mistake in YAML is told each time', () => {
  const text = `# ${randomUUID()}\n${FILLER}\nmodels: [\n`
  const told = [1, 2].map(() => {
    const errors: ProjectError[] = []
    expect(readYaml(text, 'x.yml', errors)).toBeNull()
    return errors.map(({ message, place }) => `${place?.line} ${message}`)
  })
  expect(told[0]).toHaveLength(1)
  expect(told[1]).toEqual(told[0])
})

const KIND = '{% macro kind() %}{{ return(inner_kind()) }}{% endmacro %}'

// The calls of a model's template depend on its text, macros that call macros, variables, the environment, flags and its YAML.
const CHOICES = {
  parent: ['a', 'b'],
  inner: ['table', 'view'],
  tag: ['x', 'y'],
  owner: ['me', 'you'],
  name: ['ONE', 'TWO'],
  full: ['', 'yes'],
  alias: ['p', 'q'],
  meta: ['m', 'n'],
}
type Choice = keyof typeof CHOICES

it('a model asks for what it asks for now, whatever it asked for before', async () => {
  const folder = folderOf({ 'models/a.sql': 'select 1 as x', 'models/b.sql': 'select 1 as x', 'macros/kind.sql': KIND })
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text)
  await fc.assert(
    // One thing changes at each step, and may change back.
    fc.asyncProperty(fc.array(fc.constantFrom(...(Object.keys(CHOICES) as Choice[])), { minLength: 6, maxLength: 12 }), async changes => {
      for (const at of changes.keys()) {
        const said = (choice: Choice): string => CHOICES[choice][changes.slice(0, at).filter(one => one === choice).length % 2]!
        const [parent, inner, tag, owner] = [said('parent'), said('inner'), said('tag'), said('owner')]
        const [name, full, alias, meta] = [said('name'), said('full') !== '', said('alias'), said('meta')]
        write('dbt_project.yml', `name: desk\nvars: {tag: ${tag}, deep: "{{ env_var('NAME_X') }}"}\n`)
        write('macros/inner.sql', `{% macro inner_kind() %}{{ return('${inner}') }}{% endmacro %}`)
        write('models/c.yml', `models: [{name: c, config: {alias: ${alias}, meta: {of: ${meta}}}}]`)
        const asks = "materialized=kind(), tags=[var('tag'), var('deep'), env_var('OWNER'), model.meta.of]"
        write('models/c.sql', `{{ config(${asks}) }} select * from {{ ref('${parent}') }}`)
        // Variable names that are computed, and flags, do not occur in the text.
        write(
          'models/d.sql',
          `{{ config(tags=[env_var('NAME_' ~ 'X')]) }}
           {% if flags.FULL_REFRESH %}{{ config(tags=['full']) }}{% endif %}
           select * from {{ ref('${parent}') }}`,
        )
        const flags = { which: 'build', fullRefresh: full, storeFailures: false, own: {} }
        const project = parseProject(await loadProject(folder, { env: { OWNER: owner, NAME_X: name }, flags }))
        const found = ['c', 'd'].map(one => {
          const { config, tags, alias, dependsOn } = nodeOf(project, one)
          return { dependsOn, kind: config.materialized, tags: [...tags].sort(), alias }
        })
        expect(found).toEqual([
          { dependsOn: [`model.desk.${parent}`], kind: inner, tags: [tag, name, owner, meta].sort(), alias },
          { dependsOn: [`model.desk.${parent}`], kind: 'view', tags: [...(full ? ['full'] : []), name].sort(), alias: 'd' },
        ])
      }
    }),
    { numRuns: 8 },
  )
})

function placesIn(data: YamlMap): string[] {
  const show = (place: ReturnType<typeof placeOf>) => `${place?.file}:${place?.line}:${place?.column}`
  return Object.entries(data).flatMap(([key, value]) => [
    `${key} ${show(placeOf(data, key))} ${show(placeOfValue(data, key))}`,
    ...(typeof value === 'object' && value !== null ? placesIn(value as YamlMap) : []),
  ])
}
