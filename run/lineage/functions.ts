import type { Call } from './call.ts'
import { atJsonPath, objectFrom } from './json.ts'
import { pathStep } from './jsonpath.ts'
import { joined } from './operator.ts'
import { constantOf } from './tree.ts'
import {
  along,
  arrayOf,
  at,
  CONSTANT,
  computed,
  conditional,
  converted,
  either,
  NULL,
  objectOf,
  untraced,
  type Value,
  withMore,
} from './value.ts'

/** Functions whose result is not simply computed from all arguments, by name. */
export const CALLS: Record<string, (call: Call) => Value> = {
  ...named(['min', 'max', 'any_value', 'first_value', 'last_value', 'to_jsonb', 'to_json', 'row_to_json', 'array_to_json'], first),
  ...named(['jsonb_strip_nulls', 'json_strip_nulls', 'array_sort', 'array_reverse', 'jsonb_pretty'], first),
  ...named(['nth_value', 'array_remove', 'trim_array', 'array_sample'], ({ args }) => decidedBy(args, 1)),
  ...named(['lag', 'lead'], ({ args: [value = NULL, offset = NULL, other = NULL] }) =>
    withMore(either([value, other]), conditional([offset])),
  ),
  ...named(['percentile_disc', 'mode'], ({ args, order }) => withMore(order, conditional(args))),
  ...named(['array_cat', 'array_append', 'array_prepend', 'jsonb_concat'], ({ args: [a = NULL, b = NULL] }) => joined(a, b)),
  ...named(['array_agg', 'jsonb_agg', 'json_agg', 'jsonb_agg_strict', 'json_agg_strict'], ({ args }) => arrayOf([args[0] ?? NULL])),
  ...named(['jsonb_build_array', 'json_build_array'], ({ args }) => arrayOf([...args])),
  ...named(['jsonb_build_object', 'json_build_object'], built),
  ...named(['jsonb_object_agg', 'json_object_agg', 'jsonb_object_agg_strict', 'json_object_agg_strict', 'jsonb_object_agg_unique'], keyed),
  ...named(['jsonb_array_elements', 'json_array_elements', 'unnest'], ({ args }) => at(args[0] ?? NULL, null)),
  ...named(['jsonb_array_elements_text', 'json_array_elements_text'], ({ args }) => converted(at(args[0] ?? NULL, null))),
  ...named(['jsonb_extract_path', 'json_extract_path'], extracted),
  ...named(['jsonb_extract_path_text', 'json_extract_path_text'], call => converted(extracted(call))),
  ...named(['jsonb_path_query', 'jsonb_path_query_first', 'jsonb_path_query_tz', 'jsonb_path_query_first_tz'], atPath),
  ...named(['jsonb_path_query_array', 'jsonb_path_query_array_tz'], call => arrayOf([atPath(call)])),
  ...named(['jsonb_path_exists', 'jsonb_path_match', 'jsonb_path_exists_tz', 'jsonb_path_match_tz'], call => computed([atPath(call)])),
  ...named(['jsonb_each', 'json_each'], ({ args: [value = NULL] }) => pairs(value, at(value, null))),
  ...named(['jsonb_each_text', 'json_each_text'], ({ args: [value = NULL] }) => pairs(value, converted(at(value, null)))),
}

/** Built-in functions that take a query or a table's name as a text, so that it is unknown what they read. */
export const FUNCTIONS_OF_OWN_TABLES =
  /^(query_to_xml.*|table_to_xml.*|schema_to_xml.*|database_to_xml.*|cursor_to_xml.*|dblink.*|ts_stat|crosstab.*|connectby)$/

/** Column names of functions in FROM that have several, or that name their only one. */
export const COLUMNS_OF: Record<string, string[]> = {
  ...named(['jsonb_array_elements', 'json_array_elements', 'jsonb_array_elements_text', 'json_array_elements_text'], ['value']),
  ...named(['jsonb_each', 'json_each', 'jsonb_each_text', 'json_each_text'], ['key', 'value']),
}

function named<T>(names: string[], what: T): Record<string, T> {
  return Object.fromEntries(names.map(name => [name, what]))
}

function first({ args }: Call): Value {
  return args[0] ?? NULL
}

function decidedBy(args: readonly Value[], from: number): Value {
  return withMore(args[0] ?? NULL, conditional(args.slice(from)))
}

function built({ trees, args }: Call): Value {
  // VARIADIC passes keys and values as one array.
  if (trees.length % 2 === 1) return computed(args)
  return objectFrom(trees.flatMap((tree, i): [typeof tree, Value][] => (i % 2 === 0 ? [[tree, args[i + 1] ?? NULL]] : [])))
}

function keyed({ args: [key = NULL, value = NULL] }: Call): Value {
  return { ...arrayOf([value]), own: computed([key]).own }
}

function extracted({ trees, args }: Call): Value {
  const keys = trees.slice(1).map(constantOf)
  if (!keys.every(key => typeof key === 'string')) return untraced('a JSON path is computed', computed(args))
  return along(args[0] ?? NULL, keys.map(pathStep))
}

function atPath({ trees, args }: Call): Value {
  return atJsonPath(args[0] ?? NULL, trees[1])
}

function pairs(from: Value, value: Value): Value {
  return objectOf([
    ['key', from === NULL ? CONSTANT : computed([from])],
    ['value', value],
  ])
}
