import { fileAndLine } from '../base/codeframe.ts'
import type { Place } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import { readShape } from '../base/validate.ts'
import type { YamlMap } from '../base/yaml.ts'
import type { Column, Constraint } from '../manifest/node.ts'
import { describedAt, mapIn, mapsIn, nameOf, placeOfName, type Reading, textIn } from './property-reading.ts'
import { COLUMN, CONSTRAINT } from './property-shapes.ts'
import { readTests, type TestProperties } from './test-properties.ts'

/** A column, with the generic tests on it. */
export interface ColumnProperties extends Column {
  place: Place
  describedAt?: Place
  tests: TestProperties[]
}

/** The columns that an entry describes. Of a column described twice the last description counts, with the tests of both, and a warning. */
export function columnsOf(read: YamlMap, reading: Reading): ColumnProperties[] {
  const columns = new Map<string, ColumnProperties>()
  for (const map of mapsIn(read, 'columns')) {
    const column = columnOf(map, reading)
    if (!column) continue
    const { name, place } = column
    const other = columns.get(name)
    if (other) {
      reading.warnings.push({
        message: `The column '${name}' is described twice, first at ${fileAndLine(other.place)}`,
        place,
        hint: 'The last description is used, and the tests of both.',
      })
    }
    columns.set(name, { ...column, tests: [...(other?.tests ?? []), ...column.tests] })
  }
  return [...columns.values()]
}

function columnOf(map: YamlMap, reading: Reading): ColumnProperties | undefined {
  const own = readShape(map, 'a column', COLUMN, reading.errors, reading.warnings)
  const name = nameOf(map, 'column', reading)
  if (name === undefined) return undefined
  const config = mapIn(own.config)
  const tags = [...textsOf(own.tags), ...textsOf(config.tags)]
  return {
    name,
    place: placeOfName(map, reading),
    description: textIn(own.description),
    ...describedAt(map),
    ...(own.data_type === undefined ? {} : { dataType: textIn(own.data_type) }),
    ...(own.quote === undefined ? {} : { quote: own.quote === true }),
    meta: { ...(own.meta as YamlMap), ...(config.meta as YamlMap) },
    tags,
    constraints: constraintsOf(own, reading),
    tests: readTests(map, own, reading, own.quote === true ? `"${name}"` : name, tags),
  }
}

/** The constraints of a model or a column. */
export function constraintsOf(read: YamlMap, { errors, warnings }: Reading): Constraint[] {
  return mapsIn(read, 'constraints').map(map => readShape(map, 'a constraint', CONSTRAINT, errors, warnings) as unknown as Constraint)
}
