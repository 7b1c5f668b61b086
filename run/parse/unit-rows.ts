import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { named } from '../base/validate.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import type { Node, UnitCell, UnitRows } from '../manifest/node.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { readCells, readCsv } from './csv.ts'

/** The rows of an input or an expectation, from `rows` or `fixture`. Throws a ProjectError for rows that do not match the `format`. */
export function readRows(map: YamlMap, files: Pick<ProjectFiles, 'fixtures'>, place: Place): UnitRows {
  const found = typeof map.fixture === 'string' ? fixtureOf(map, files) : undefined
  const format = formatOf(map, found?.file)
  const at = found ? { file: found.file, line: 1, column: 1 } : (placeOfValue(map, 'rows') ?? place)
  const data: Yaml = found ? found.text : (map.rows ?? (format === 'dict' ? [] : ''))
  const shared = { format, fixture: found ? String(map.fixture) : null, written: data, place: at }
  if (format === 'dict') return { ...shared, ...ofDicts(data, at), sql: null }
  if (typeof data !== 'string')
    throw new ProjectError(`rows in the format ${format} must be text, not ${named(data)}`, {
      place: at,
      hint: 'Begin them with `rows: |`.',
    })
  if (format === 'sql') return { ...shared, columns: [], rows: [], sql: data }
  return { ...shared, ...ofCsv(data, at, found !== undefined) }
}

/** The rows of a seed's file, for an input with neither rows nor a fixture. Names and values are those of the loaded seed. */
export function rowsOfSeed(dir: string, seed: Node, place: Place): UnitRows {
  const { column_types: columnTypes, quote_columns: quoteColumns, delimiter } = seed.config as Record<string, never>
  const text = readFileSync(path.resolve(dir, seed.path), 'utf8')
  const { columns, rows } = readCsv(text, seed.path, { columnTypes: columnTypes ?? {}, quoteColumns, delimiter: delimiter ?? ',' })
  const names = columns.map(({ name }) => name)
  const cells = rows.map((row, index) => {
    const at = { file: seed.path, line: index + 2, column: 1 }
    return new Map(names.map((name, i): [string, UnitCell] => [name, { value: row[i] ?? null, place: at }]))
  })
  const written = rows.map(row => Object.fromEntries(names.map((name, i): [string, Yaml] => [name, row[i] ?? null]))) as Yaml
  return { format: 'dict', fixture: null, written, place, columns: names, rows: cells, sql: null }
}

const FORMATS = ['dict', 'csv', 'sql'] as const

function formatOf(map: YamlMap, file: string | undefined): UnitRows['format'] {
  const place = placeOfValue(map, 'format')
  const extension = file?.replace(/^.*\./, '')
  const wanted = String(map.format ?? extension ?? 'dict')
  const format = FORMATS.find(one => one === wanted)
  if (!format) throw new ProjectError(`Unknown format '${wanted}': expected one of ${FORMATS.join(', ')}`, { place })
  if (extension !== undefined && format !== extension)
    throw new ProjectError(`The format is ${format}, but the fixture is ${file}`, { place })
  return format
}

function fixtureOf(map: YamlMap, { fixtures }: Pick<ProjectFiles, 'fixtures'>): { file: string; text: string } {
  const name = String(map.fixture)
  const place = placeOfValue(map, 'fixture')
  if (map.rows !== undefined && map.rows !== null)
    throw new ProjectError('Both rows and a fixture are given', { place, hint: 'Keep one of them.' })
  const bare = (within: string): string => within.replace(/\.(csv|sql)$/, '')
  const wanted = typeof map.format === 'string' ? [`${name}.${map.format}`, name] : [name]
  const exact = fixtures.find(({ within }) => wanted.includes(within))
  if (exact) return exact
  const [found, other] = fixtures.filter(({ within }) => bare(within) === bare(name) || bare(within).endsWith(`/${bare(name)}`))
  if (found && other && found.file.endsWith(path.extname(other.file)))
    throw new ProjectError(`Two fixtures are called '${name}': ${found.file} and ${other.file}`, { place, hint: 'Rename one of them.' })
  if (found) return found
  const known = fixtures.map(({ within }) => bare(within))
  const hint =
    didYouMean(name, known) ??
    (known.length > 0 ? `Expected one of ${known.join(', ')}.` : `Write tests/fixtures/${bare(name)}.csv or .sql.`)
  throw new ProjectError(`There is no fixture '${name}'`, { place, hint })
}

function ofDicts(data: Yaml, place: Place): { columns: string[]; rows: Map<string, UnitCell>[] } {
  if (!Array.isArray(data))
    throw new ProjectError(`rows must be a list of mappings, not ${named(data)}`, { place, hint: 'Or set format: csv.' })
  const rows = data.map((row, index) => {
    const at = placeOf(data, index) ?? place
    if (!isYamlMap(row)) throw new ProjectError(`A row must be a mapping of columns to values, not ${named(row)}`, { place: at })
    const cells = Object.entries(row).map(([key, value]): [string, UnitCell] => [key, { value, place: placeOfValue(row, key) ?? at }])
    return new Map(cells)
  })
  return { columns: [...new Set(rows.flatMap(row => [...row.keys()]))], rows }
}

function ofCsv(text: string, place: Place, isFile: boolean): { columns: string[]; rows: Map<string, UnitCell>[]; sql: null } {
  const { names, rows } = readCells(text, place.file)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw new ProjectError(`The header has two columns named '${twice}'`, { place })
  const cells = rows.map((row, index) => {
    // For text within YAML only the place of the whole text is known.
    const at = isFile ? { file: place.file, line: index + 2, column: 1 } : place
    return new Map(names.map((name, i): [string, UnitCell] => [name, { value: row[i] ?? null, place: at }]))
  })
  return { columns: names, rows: cells, sql: null }
}
