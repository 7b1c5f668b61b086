import { type Problem, ProjectError } from '../base/errors.ts'
import { readShape } from '../base/validate.ts'
import { isYamlMap, type Yaml } from '../base/yaml.ts'
import { type ExposureProperties, exposuresIn } from './exposure-properties.ts'
import { type GroupProperties, groupsIn } from './group-properties.ts'
import { type MacroProperties, macrosIn } from './macro-properties.ts'
import { type NodeProperties, nodesIn } from './node-properties.ts'
import { mapsIn } from './property-reading.ts'
import { TOP } from './property-shapes.ts'
import { type SourceProperties, sourcesIn } from './source-properties.ts'
import { type UnitTestProperties, unitTestsIn } from './unit-test-properties.ts'

/** The contents of all properties files. */
export interface Properties {
  nodes: NodeProperties[]
  sources: SourceProperties[]
  macros: MacroProperties[]
  unitTests: UnitTestProperties[]
  exposures: ExposureProperties[]
  groups: GroupProperties[]
}

/** Reads one properties file into `into`; mistakes of form go to `errors` with their places. */
export function readProperties(data: Yaml, file: string, into: Properties, errors: ProjectError[], warnings: Problem[] = []): void {
  if (data === null) return
  if (!isYamlMap(data)) {
    errors.push(
      new ProjectError('A properties file must be a mapping with models, sources, seeds …', { place: { file, line: 1, column: 1 } }),
    )
    return
  }
  const reading = { file, errors, warnings }
  const top = readShape(data, 'a properties file', TOP, errors, warnings)
  into.nodes.push(...KINDS.flatMap(([key, kind]) => nodesIn(mapsIn(top, key), kind, reading)))
  into.sources.push(...sourcesIn(mapsIn(top, 'sources'), reading))
  into.macros.push(...macrosIn(mapsIn(top, 'macros'), reading))
  into.unitTests.push(...unitTestsIn(mapsIn(top, 'unit_tests'), reading))
  into.groups.push(...groupsIn(mapsIn(top, 'groups'), reading))
  into.exposures.push(...exposuresIn(mapsIn(top, 'exposures'), reading))
}

const KINDS = [
  ['models', 'model'],
  ['seeds', 'seed'],
  ['snapshots', 'snapshot'],
  ['tests', 'test'],
  ['data_tests', 'test'],
  ['analyses', 'analysis'],
] as const
