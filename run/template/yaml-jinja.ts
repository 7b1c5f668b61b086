import { ProjectError } from '../base/errors.ts'
import { copyPlaces, isYamlMap, placeOfValue } from '../base/yaml.ts'
import { parseTemplate, renderValue, type Scope, toJs } from '../jinja/template.ts'
import type { RenderYaml } from '../project/config.ts'
import { createScope } from './context.ts'
import type { Rendering, World } from './rendering.ts'

/** Renders the Jinja of YAML values, with var(), env_var() and target; a value that is a single expression keeps its type. */
export function yamlRenderer(world: World, packageName = world.name): RenderYaml {
  const scope = createScope(world, yamlSession(packageName))
  const render: RenderYaml = (value, place) => {
    if (typeof value === 'string') return value.includes('{{') || value.includes('{%') ? rendered(value, scope, place) : value
    if (Array.isArray(value))
      return copyPlaces(
        value,
        value.map((item, index) => render(item, () => placeOfValue(value, index))),
      )
    if (!isYamlMap(value)) return value
    const entries = Object.entries(value).map(([key, item]) => [key, render(item, () => placeOfValue(value, key))])
    return copyPlaces(value, Object.fromEntries(entries))
  }
  return render
}

function rendered(value: string, scope: Scope, place: Parameters<RenderYaml>[1]): unknown {
  const { file = 'dbt_project.yml', line = 1, column = 1 } = place?.() ?? {}
  return toJs(renderValue(parseTemplate(value, file, line, column), scope))
}

function yamlSession(packageName: string): Rendering {
  const refuse = (name: string) => (): never => {
    throw new ProjectError(`${name}() is not available in YAML`, { hint: 'Only var(), env_var() and target are known here.' })
  }
  return {
    node: null,
    packageName,
    execute: false,
    strict: true,
    ref: refuse('ref'),
    source: refuse('source'),
    configure: refuse('config'),
    ask: () => undefined,
    graph: () => new Map(),
    selected: () => [],
    isIncremental: () => false,
    lastBuilt: () => 0,
    onCitus: () => false,
    print: () => {},
    warn: () => {},
    tell: problem => {
      throw problem
    },
    used: new Set(),
    extra: new Map(),
  }
}
