import { writeCompiled } from '../artifacts/run-results.ts'
import { explainPostgres, placeText } from '../base/codeframe.ts'
import { isOwnError, isPostgresError, type Place, ProjectError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Session } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import type { Introspect, Request } from '../database/introspection.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { statementsOf } from '../database/split-statements.ts'
import { fromJs, type Rendered } from '../jinja/template.ts'
import type { Node, Project, UnitRows, UnitTest } from '../manifest/node.ts'
import { quote, relationOf, relationText } from '../manifest/relation.ts'
import { empty, type NodeResult } from '../manifest/result.ts'
import { callOf } from '../parse/unit-tests.ts'
import { compileNode, type RunContext, renderText } from '../template/compile.ts'
import { oneQuery } from '../template/single-query.ts'
import { joinCtes, type Piece, piecesOf } from '../template/spliced-sql.ts'
import { rowDiff } from './row-diff.ts'
import { standInName, type TypedColumn, type UnitColumns } from './unit-columns.ts'
import { columnOf, selectFrom, selectOf } from './unit-sql.ts'

/** The parameters of `runUnitTest` besides the test. */
export interface UnitRun {
  project: Project
  context: RunContext
  /** Shared by all tests of a run. */
  columns: UnitColumns
  /** Absolute path of the folder of artifacts. */
  targetPath: string
  /** Whether a test passed before, and it and its model are unchanged: then it is not run again. */
  hasPassed?: (test: UnitTest) => boolean
}

/**
 * Runs one unit test: the model's SQL over CTEs of the given rows, compared with the expected rows as multisets, in the columns that those
 * name. Reads no relation. Runs inside a transaction: a failing statement is rolled back to a savepoint.
 */
export async function runUnitTest(session: Session, test: UnitTest, run: UnitRun): Promise<NodeResult> {
  const result = empty(test)
  if (run.hasPassed?.(test))
    return { ...result, status: 'pass', isReused: true, failures: 0, message: 'Reused: neither the test nor its model has changed.' }
  try {
    const { statement, columns } = await statementFor(test, run)
    result.compiled = statement.text
    writeCompiled(run.targetPath, test, statement.text)
    const rows = await underSavepoint(session, 'unit_test', () => session.unsafe<Row[]>(statement.text)).catch(error => {
      throw explained(error, statement, test)
    })
    const difference = {
      columns,
      missing: rows.filter(({ side }) => side === 'missing').map(({ cells }) => cells),
      unexpected: rows.filter(({ side }) => side === 'unexpected').map(({ cells }) => cells),
      same: Number(rows.find(({ side }) => side === 'same')?.cells[0] ?? 0),
    }
    const isGood = difference.missing.length + difference.unexpected.length === 0
    result.status = isGood ? 'pass' : 'fail'
    result.failures = isGood ? 0 : 1
    result.message = isGood ? '' : `actual differs from expected:\n\n${rowDiff(difference)}\n`
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    Object.assign(result, { status: 'error', message: (error as Error).message, error })
  }
  result.finishedAt = new Date()
  return result
}

/** Identifies what the verdict of a unit test depends on: the test, its model, and the columns of the model's parents. */
export function unitFingerprint(test: UnitTest, model: string, columns: string[]): string {
  return sha256([test.checksum, model, ...columns].join(' '))
}

/** Whether a node is a unit test. */
export function isUnitTest(node: Node): node is UnitTest {
  return node.resourceType === 'unit_test'
}

interface Row {
  side: 'missing' | 'unexpected' | 'same'
  cells: (string | null)[]
}

interface Cte {
  name: string
  node: Node
  columns: TypedColumn[] | undefined
  cte: Rendered
}

async function statementFor(
  test: UnitTest,
  { project: parsed, context, columns: known }: UnitRun,
): Promise<{ statement: Rendered; columns: string[] }> {
  const { overrides, model } = test
  // 1: the project with the test's overrides
  const project = {
    ...parsed,
    vars: { ...parsed.vars, ...overrides.vars },
    packageVars: new Map([...parsed.packageVars].map(([pack, vars]) => [pack, { ...vars, ...overrides.vars }])),
    env: { ...parsed.env, ...overrides.env_vars },
  }
  const node = project.nodes.get(test.dependsOn[0]!)!
  const standIns = new Map<string, Place>()
  const ctes: Cte[] = []
  const own = test.given.find(({ isThis }) => isThis)
  const inTest: RunContext = {
    ...context,
    isIncremental: () => false,
    lastBuilt: () => 0,
    // The test's rows replace tables.
    onCitus: false,
    standIn: (parent, site) => {
      if (parent.config.materialized === 'ephemeral' && !test.given.some(({ id }) => id === parent.uniqueId)) return undefined
      if (!standIns.has(parent.uniqueId)) standIns.set(parent.uniqueId, site)
      return standInName(parent)
    },
    ...(context.database ? { database: overInputs(context.database, ctes) } : {}),
    extra: { ...macrosOf(overrides.macros), ...(own ? { this: { ...relationOf(node), standIn: standInName(node) } } : {}) },
  }

  // 2: a CTE per input
  for (const { id, input, rows } of test.given) {
    const of = project.nodes.get(id) ?? project.sources.get(id)!
    const columns = await known.of(of)
    ctes.push({ name: standInName(of), node: of, columns, cte: await rowsAsSelect(rows, columns, input) })
  }

  // 3: the model over these CTEs
  const query = oneQuery(node, await compileNode(project, node, inTest))
  refuseMissing(query)
  const body =
    ctes.length === 0 ? query : joinCtes(piecesOf([{ text: 'select * from (\n', place: test.place }, whole(query), end(test)]), ctes)
  const actual = await known.describe(body.text).catch(error => {
    throw explained(error, body, test)
  })

  // 4: the comparison with the expected rows
  const expected = await expectation(actual)
  const listed = expected.columns.map(quote)
  const compared = listed.map((name, i) => {
    const cast = comparable(actual.find(column => column.name === expected.columns[i])?.type)
    return cast === '' ? name : `${name}${cast} as ${name}`
  })
  const side = (name: string): string => `select ${compared.join(', ')} from ${name}`
  const values = `to_json(array[${listed.map(name => `${name}::text`).join(', ')}])`
  const [made, wanted] = ['dbt_internal_unit_test_actual', 'dbt_internal_unit_test_expected']
  const comparison = `
select 'unexpected' as side, ${values} as cells from (${side(made)} except all ${side(wanted)}) as unexpected
union all
select 'missing', ${values} from (${side(wanted)} except all ${side(made)}) as missing
union all
select 'same', to_json(array[count(*)::text]) from (${side(made)} intersect all ${side(wanted)}) as same`
  const all = [...ctes, { name: made, cte: query }, { name: wanted, cte: expected.select }]
  return { statement: joinCtes(piecesOf([{ text: comparison, place: test.place }]), all), columns: expected.columns }

  async function rowsAsSelect(rows: UnitRows, columns: TypedColumn[] | undefined, what: string): Promise<Rendered> {
    if (rows.sql === null) return selectOf(rows, columns, what)
    const sql = await sqlOf(rows)
    return selectFrom(sql, await described(sql), columns, what, rows)
  }

  async function expectation(actual: TypedColumn[]): Promise<{ select: Rendered; columns: string[] }> {
    const { expect } = test
    const what = `The model '${model}'`
    const sql = expect.sql === null ? undefined : await sqlOf(expect)
    const given = sql ? await described(sql) : undefined
    const names = given ? given.map(({ name }) => name) : expect.columns.length > 0 ? expect.columns : actual.map(({ name }) => name)
    const at = (name: string): Place => expect.rows.find(row => row.has(name))?.get(name)?.place ?? expect.place
    const columns = [...new Set(names.map(name => columnOf(name, actual, what, at(name))))]
    return {
      select: sql ? selectFrom(sql, given!, columns, what, expect) : selectOf(expect, columns, what),
      columns: columns.map(({ name }) => name),
    }
  }

  // A YAML block begins in the line after its `|`.
  async function sqlOf({ sql, place }: UnitRows): Promise<Rendered> {
    const line = project.textOf(place.file)?.split('\n')[(place.line ?? 1) - 1]
    const isBlock = /^[|>]/.test(line?.slice((place.column ?? 1) - 1) ?? '')
    const at = isBlock ? { file: place.file, line: (place.line ?? 1) + 1, column: 1 } : place
    const rendered = await renderText(project, node, sql ?? '', at, inTest)
    const [query, second] = statementsOf(rendered.text)
    if (query && !second) return { ...rendered, text: query.text, placeAt: offset => rendered.placeAt(offset + query.offset) }
    throw new ProjectError(`rows in the format sql must be one query, not ${query ? 'several' : 'nothing'}`, { place })
  }

  async function described(sql: Rendered): Promise<TypedColumn[]> {
    return known.describe(sql.text).catch(error => {
      throw explained(error, sql, test)
    })
  }

  // Throws for an input that the query reads and the test lacks, even without rows; a ref() in a comment or in config() reads nothing.
  function refuseMissing({ text }: Rendered): void {
    const read = withoutComments(text)
    const missing = (what: string, place: Place): ProjectError =>
      new ProjectError(`${model} reads ${what}, but the unit test '${test.name}' has no rows for it`, {
        place: test.place,
        hint: `It is read at ${placeText(place)}. Add - input: ${what} with its rows, or with rows: [].`,
      })
    for (const [id, site] of standIns) {
      const parent = project.nodes.get(id) ?? project.sources.get(id)!
      if (ctes.some(cte => cte.node === parent) || !read.includes(standInName(parent))) continue
      throw missing(callOf(parent), site)
    }
    if (!own && read.includes(relationText(relationOf(node)))) throw missing('this', node.place)
  }
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

function explained(error: unknown, statement: Rendered, test: UnitTest): unknown {
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
