import { resultOf } from './call.ts'
import { castTo, evaluate, evaluateAll } from './expression.ts'
import { COLUMNS_OF } from './functions.ts'
import { nameOf } from './names.ts'
import type { OutputColumn } from './relation.ts'
import type { Item, Scope } from './scope.ts'
import { as, type Body, type Tree, textsOf, typeNameOf } from './tree.ts'
import { at, computed, NULL, untraced, type Value } from './value.ts'

/** The output of functions in FROM: jsonb_array_elements, jsonb_to_recordset, unnest, generate_series, ROWS FROM … */
export function functionItem(body: Body<'RangeFunction'>, scope: Scope): Item {
  const { functions = [], alias, coldeflist, ordinality } = body
  const names = textsOf(alias?.colnames)
  const results = functions.map(tree => {
    const [call, definitions] = as(tree, 'List')?.items ?? []
    return resultColumns(call, coldeflist ?? as(definitions, 'List')?.items, alias?.aliasname, scope)
  })
  const values = functions.map(tree => evaluate(as(tree, 'List')?.items?.[0], scope))
  const rows = computed(values)
  const columns = results.flatMap(result => result.columns)
  if (ordinality) columns.push({ name: 'ordinality', value: rows })
  const unknown = results.flatMap(result => (result.reason && names.length === 0 ? [result.reason] : []))
  const reason = results.find(result => result.reason)?.reason
  const known = names.length > 0 && reason ? names.map((name): OutputColumn => ({ name, value: untraced(reason, rows) })) : columns
  return {
    alias: alias?.aliasname ?? functionName(as(functions[0], 'List')?.items?.[0]),
    output: { columns: known.map((column, i) => ({ ...column, name: names[i] ?? column.name })), unknown, rows },
    ...(results.length === 1 && results[0]!.isScalar && !ordinality ? { isScalar: true } : {}),
  }
}

interface Result {
  columns: OutputColumn[]
  isScalar: boolean
  /** Why its columns are unknown. */
  reason?: string
}

function resultColumns(tree: Tree | undefined, definitions: readonly Tree[] | undefined, alias: string | undefined, scope: Scope): Result {
  const call = as(tree, 'FuncCall')
  const name = functionName(tree)
  if (!call) return { columns: [{ name: alias ?? name, value: evaluate(tree, scope) }], isScalar: true }
  const args = evaluateAll(call.args, scope)
  if (definitions && definitions.length > 0)
    return { columns: definedColumns(name, definitions, args, evaluate(tree, scope)), isScalar: false }
  if (/^jsonb?_populate_record(set)?$/.test(name)) return populated(name, call.args ?? [], args, scope)
  if (name === 'unnest' && args.length > 1)
    return { columns: args.map(arg => ({ name: alias ?? name, value: at(arg, null) })), isScalar: false }
  const value = resultOf(textsOf(call.funcname), { name, trees: call.args ?? [], args, order: NULL }, scope)
  const own = Object.hasOwn(COLUMNS_OF, name) ? COLUMNS_OF[name]! : undefined
  if (own && own.length > 1) return { columns: own.map(column => ({ name: column, value: at(value, column) })), isScalar: false }
  if (value.fields && name === 'unnest')
    return { columns: [...value.fields].map(([column, part]) => ({ name: column, value: part })), isScalar: false }
  if (/^pg_|^json_to_|^jsonb_to_/.test(name) || value.reasons.size > 0)
    return { columns: [], isScalar: false, reason: [...value.reasons][0] ?? `the function ${name} returns records` }
  return { columns: [{ name: own?.[0] ?? alias ?? name, value }], isScalar: true }
}

// f(…) as t (a int, b text)
function definedColumns(name: string, definitions: readonly Tree[], args: readonly Value[], whole: Value): OutputColumn[] {
  const isJson = /^jsonb?_to_record(set)?$/.test(name)
  const record = name.endsWith('set') ? at(args[0] ?? NULL, null) : (args[0] ?? NULL)
  return definitions.flatMap(tree => {
    const { colname = '', typeName } = as(tree, 'ColumnDef') ?? {}
    const value = isJson
      ? castTo(typeNameOf(typeName), at(record, colname))
      : untraced(`the function ${name} returns records`, computed([whole]))
    return [{ name: colname, value }]
  })
}

function populated(name: string, trees: readonly Tree[], args: readonly Value[], scope: Scope): Result {
  const type = as(trees[0], 'TypeCast')?.typeName
  const names = textsOf(type?.names)
  const relation = type ? scope.world.relation(names.at(-2), names.at(-1) ?? '') : undefined
  if (!relation?.columns) return { columns: [], isScalar: false, reason: `the row type of ${name} is not known` }
  const json = args[1] ?? NULL
  const record = name.endsWith('set') ? at(json, null) : json
  return { columns: relation.columns.map(column => ({ name: column, value: castTo('', at(record, column)) })), isScalar: false }
}

function functionName(tree: Tree | undefined): string {
  return nameOf(tree)
}
