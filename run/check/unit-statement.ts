import { explainPostgres, placeText } from '../base/codeframe.ts'
import { isPostgresError, type Place, ProjectError } from '../base/errors.ts'
import { isRepeatable } from '../database/errors.ts'
import type { Introspect, Request } from '../database/introspection.ts'
import { statementsOf } from '../database/split-statements.ts'
import { fromJs, type Rendered } from '../jinja/template.ts'
import type { Node, Project, UnitRows, UnitTest } from '../manifest/node.ts'
import { quote, relationOf, relationText } from '../manifest/relation.ts'
import { callOf } from '../parse/unit-tests.ts'
import { compileNode, type RunContext, renderText } from '../template/compile.ts'
import { oneQuery } from '../template/single-query.ts'
import { joinCtes, type Piece, piecesOf } from '../template/spliced-sql.ts'
import { standInName, type TypedColumn, type UnitColumns } from './unit-columns.ts'
import { columnOf, selectFrom, selectOf } from './unit-sql.ts'

/** What all unit tests of a run share. */
export interface UnitWorld {
  project: Project
  context: RunContext
  columns: UnitColumns
}

interface Cte {
  name: string
  node: Node
  columns: TypedColumn[] | undefined
  cte: Rendered
}

/** A test at work: the project with its overrides, its model, and the CTEs that stand in for the model's inputs. */
interface Stage extends UnitWorld {
  test: UnitTest
  node: Node
  ctes: Cte[]
  /** The relations that the model's template named, each with the first place. */
  named: Map<string, Place>
}

/** The statement that compares what the model makes of the given rows with the expected rows, and the columns that it compares. */
export async function statementFor(test: UnitTest, world: UnitWorld): Promise<{ statement: Rendered; columns: string[] }> {
  const stage = stageOf(test, world)
  const { project, node, context, ctes, columns: known } = stage
  for (const { id, input, rows } of test.given) {
    const of = project.nodes.get(id) ?? project.sources.get(id)!
    const columns = await known.of(of)
    ctes.push({ name: standInName(of), node: of, columns, cte: await rowsAsSelect(stage, rows, columns, input) })
  }

  const query = oneQuery(node, await compileNode(project, node, context))
  refuseMissing(stage, query)
  const body =
    ctes.length === 0 ? query : joinCtes(piecesOf([{ text: 'select * from (\n', place: test.place }, whole(query), end(test)]), ctes)
  const actual = await described(stage, body)
  const expected = await expectation(stage, actual)
  const all = [...ctes, { name: MADE, cte: query }, { name: WANTED, cte: expected.select }]
  const comparison = comparisonOf(expected.columns, actual)
  return { statement: joinCtes(piecesOf([{ text: comparison, place: test.place }]), all), columns: expected.columns }
}

function stageOf(test: UnitTest, { project: parsed, context, columns }: UnitWorld): Stage {
  const { overrides } = test
  const project = {
    ...parsed,
    vars: { ...parsed.vars, ...overrides.vars },
    packageVars: new Map([...parsed.packageVars].map(([pack, vars]) => [pack, { ...vars, ...overrides.vars }])),
    env: { ...parsed.env, ...overrides.env_vars },
  }
  const node = project.nodes.get(test.dependsOn[0]!)!
  const named = new Map<string, Place>()
  const ctes: Cte[] = []
  const inTest: RunContext = {
    ...context,
    isIncremental: () => false,
    lastBuilt: () => 0,
    // The test's rows replace tables.
    onCitus: false,
    standIn: (parent, site) => {
      if (parent.config.materialized === 'ephemeral' && !test.given.some(({ id }) => id === parent.uniqueId)) return undefined
      if (!named.has(parent.uniqueId)) named.set(parent.uniqueId, site)
      return standInName(parent)
    },
    ...(context.database ? { database: overInputs(context.database, ctes) } : {}),
    extra: { ...macrosOf(overrides.macros), ...(givesThis(test) ? { this: { ...relationOf(node), standIn: standInName(node) } } : {}) },
  }
  return { project, context: inTest, columns, test, node, ctes, named }
}

function givesThis({ given }: UnitTest): boolean {
  return given.some(({ isThis }) => isThis)
}

async function rowsAsSelect(stage: Stage, rows: UnitRows, columns: TypedColumn[] | undefined, what: string): Promise<Rendered> {
  if (rows.sql === null) return selectOf(rows, columns, what)
  const sql = await sqlOf(stage, rows)
  return selectFrom(sql, await described(stage, sql), columns, what, rows)
}

async function expectation(stage: Stage, actual: TypedColumn[]): Promise<{ select: Rendered; columns: string[] }> {
  const { expect, model } = stage.test
  const what = `The model '${model}'`
  const sql = expect.sql === null ? undefined : await sqlOf(stage, expect)
  const given = sql ? await described(stage, sql) : undefined
  const names = given ? given.map(({ name }) => name) : expect.columns.length > 0 ? expect.columns : actual.map(({ name }) => name)
  const at = (name: string): Place => expect.rows.find(row => row.has(name))?.get(name)?.place ?? expect.place
  const columns = [...new Set(names.map(name => columnOf(name, actual, what, at(name))))]
  return {
    select: sql ? selectFrom(sql, given!, columns, what, expect) : selectOf(expect, columns, what),
    columns: columns.map(({ name }) => name),
  }
}

const MADE = 'dbt_internal_unit_test_actual'
const WANTED = 'dbt_internal_unit_test_expected'

function comparisonOf(columns: string[], actual: TypedColumn[]): string {
  const compared = columns.map(column => {
    const [name, cast] = [quote(column), comparable(actual.find(({ name }) => name === column)?.type)]
    return cast === '' ? name : `${name}${cast} as ${name}`
  })
  const side = (name: string): string => `select ${compared.join(', ')} from ${name}`
  const values = `to_json(array[${columns.map(name => `${quote(name)}::text`).join(', ')}])`
  return `
select 'unexpected' as side, ${values} as cells from (${side(MADE)} except all ${side(WANTED)}) as unexpected
union all
select 'missing', ${values} from (${side(WANTED)} except all ${side(MADE)}) as missing
union all
select 'same', to_json(array[count(*)::text]) from (${side(MADE)} intersect all ${side(WANTED)}) as same`
}

// A YAML block begins in the line after its `|`.
async function sqlOf({ project, node, context }: Stage, { sql, place }: UnitRows): Promise<Rendered> {
  const line = project.textOf(place.file)?.split('\n')[(place.line ?? 1) - 1]
  const isBlock = /^[|>]/.test(line?.slice((place.column ?? 1) - 1) ?? '')
  const at = isBlock ? { file: place.file, line: (place.line ?? 1) + 1, column: 1 } : place
  const rendered = await renderText(project, node, sql ?? '', at, context)
  const [query, second] = statementsOf(rendered.text)
  if (query && !second) return { ...rendered, text: query.text, placeAt: offset => rendered.placeAt(offset + query.offset) }
  throw new ProjectError(`rows in the format sql must be one query, not ${query ? 'several' : 'nothing'}`, { place })
}

async function described({ columns, test }: Stage, sql: Rendered): Promise<TypedColumn[]> {
  return columns.describe(sql.text).catch(error => {
    throw explained(error, sql, test)
  })
}

// Throws for an input that the query reads and the test lacks, even without rows; a ref() in a comment or in config() reads nothing.
function refuseMissing({ project, test, node, ctes, named }: Stage, { text }: Rendered): void {
  const read = withoutComments(text)
  const missing = (what: string, place: Place): ProjectError =>
    new ProjectError(`${test.model} reads ${what}, but the unit test '${test.name}' has no rows for it`, {
      place: test.place,
      hint: `It is read at ${placeText(place)}. Add - input: ${what} with its rows, or with rows: [].`,
    })
  for (const [id, site] of named) {
    const parent = project.nodes.get(id) ?? project.sources.get(id)!
    if (ctes.some(cte => cte.node === parent) || !read.includes(standInName(parent))) continue
    throw missing(callOf(parent), site)
  }
  if (!givesThis(test) && read.includes(relationText(relationOf(node)))) throw missing('this', node.place)
}

function whole(rendered: Rendered): Piece {
  return { rendered, from: 0, to: rendered.text.length }
}

function end({ place }: UnitTest): Piece {
  return { text: '\n) as model', place }
}

function macrosOf(macros: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(macros).map(([name, value]) => [name, ['run_started_at', 'invocation_id'].includes(name) ? value : () => fromJs(value)]),
  )
}

// Templates may query their parents: the given inputs answer, with the real columns and types.
function overInputs(database: Introspect, ctes: Cte[]): Introspect {
  return (async (request: Request) => {
    if (request.kind === 'query') {
      const used = ctes.filter(({ name }) => request.sql.includes(name))
      const query = piecesOf([{ text: request.sql, place: request.place }])
      return database(used.length === 0 ? request : { ...request, sql: joinCtes(query, used).text })
    }
    if (request.kind !== 'columns' && request.kind !== 'relation') return database(request as never)
    const input = ctes.find(({ node }) => node.schema === request.schema && node.alias === request.identifier)
    if (!input?.columns) return database(request as never)
    if (request.kind === 'relation') return { schema: request.schema, identifier: request.identifier, type: 'table' }
    return input.columns.map(({ name, type }) => ({ name, type: type.replace(/\(.*\)/, '') }))
  }) as Introspect
}

// Casts for types that PostgreSQL cannot compare.
function comparable(type = ''): string {
  if (type === 'json') return '::jsonb'
  return /^(xml|point|line|lseg|box|path|polygon|circle)$/.test(type) ? '::text' : ''
}

function withoutComments(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
}

/** An error of PostgreSQL with its place in the test, or in the model that it tests. */
export function explained(error: unknown, statement: Rendered, test: UnitTest): unknown {
  if (!isPostgresError(error) || isRepeatable(error)) return error
  const { message, place, hint, callers } = explainPostgres(error, statement)
  const isAlias = /missing FROM-clause entry|invalid reference to FROM-clause/.test(message)
  const help = isAlias ? "A unit test replaces the relation with a CTE: give it an alias, {{ ref('…') }} as …" : hint
  return new ProjectError(message, {
    place: error.position === undefined || error.position === '' ? test.place : place,
    callers,
    ...(help ? { hint: help } : {}),
  })
}
