import type { Macro, Node, Project, UnitRows, UnitTest } from '../manifest/node.ts'
import type { Known } from './datanodes.ts'
import type { DocsMacro, DocsTest, DocsTestResult, DocsUnitTest } from './shape.ts'

/** A data test with its last results. */
export function docsTest(node: Node, { compiled, results }: Known): DocsTest {
  return {
    uniqueId: node.uniqueId,
    name: node.name,
    generic: node.test?.generic ?? null,
    attachedTo: node.test?.attachedTo ?? null,
    column: node.test?.column ?? null,
    arguments: node.test?.arguments ?? {},
    severity: String(node.config.severity ?? 'error').toLowerCase() === 'warn' ? 'warn' : 'error',
    description: node.description,
    file: node.path,
    rawSql: node.raw,
    compiledSql: compiled.get(node.uniqueId) ?? null,
    dependsOn: node.dependsOn,
    last: lastOf(node.uniqueId, results),
    history: results.history.get(node.uniqueId) ?? [],
  }
}

/** A unit test, with its rows as text. */
export function docsUnitTest(test: UnitTest, { results }: Known): DocsUnitTest {
  return {
    uniqueId: test.uniqueId,
    name: test.name,
    model: test.dependsOn[0] ?? test.model,
    description: test.description,
    file: test.path,
    line: test.place.line ?? null,
    given: test.given.map(({ input, rows }) => ({ input, ...rowsOf(rows) })),
    expect: rowsOf(test.expect),
    last: lastOf(test.uniqueId, results),
  }
}

/** The project's macros, and the runner's own that the project calls. */
export function docsMacros({ macros, nodes, name }: Project): DocsMacro[] {
  const callers = new Map<string, string[]>()
  const note = (id: string, caller: string): unknown => callers.set(id, [...(callers.get(id) ?? []), caller])
  for (const node of nodes.values()) for (const id of new Set(node.macros)) note(id, node.uniqueId)
  for (const macro of macros.values()) for (const id of new Set(macro.macros)) note(id, macro.uniqueId)
  const isOwn = (macro: Macro): boolean => macro.packageName !== name
  return [...macros.values()]
    .filter(macro => !isOwn(macro) || callers.has(macro.uniqueId))
    .map(macro => ({
      uniqueId: macro.uniqueId,
      name: macro.name,
      packageName: macro.packageName,
      file: macro.place.file,
      line: macro.place.line ?? null,
      description: macro.description,
      arguments: macro.arguments.map(({ name: argument, type, description }) => ({
        name: argument,
        type: type ?? null,
        description: description ?? '',
      })),
      text: macro.text,
      macros: macro.macros,
      usedBy: callers.get(macro.uniqueId) ?? [],
      isOwn: isOwn(macro),
    }))
}

function lastOf(id: string, { last }: Known['results']): DocsTestResult | null {
  const found = last.get(id)
  if (!found) return null
  const { runId, failures, message, seconds, startedAt } = found
  return { runId, status: found.status as DocsTestResult['status'], failures, message, at: startedAt, seconds }
}

// Most rows shown: unit tests usually have few, but a fixture may have many.
const MOST_ROWS = 50

function rowsOf({ columns, rows, sql }: UnitRows): DocsUnitTest['expect'] {
  return {
    columns,
    rows: rows.slice(0, MOST_ROWS).map(row =>
      columns.map(column => {
        const value = row.get(column)?.value ?? null
        return value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value)
      }),
    ),
    sql,
  }
}
