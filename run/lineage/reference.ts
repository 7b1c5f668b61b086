import { evaluate } from './expression.ts'
import { lookUp, lookUpIn, type Scope, star } from './scope.ts'
import { as, type Body, constantOf, type Tree, textOf, textsOf } from './tree.ts'
import { at, objectOf, untraced, type Value } from './value.ts'

/** The value of `column`, `table.column` or `schema.table.column`; for `table.*` the whole row. */
export function columnValue({ fields = [] }: Body<'ColumnRef'>, scope: Scope): Value {
  const names = textsOf(fields)
  if (fields.some(field => as(field, 'A_Star'))) {
    const tables = star(scope, names.at(-2), names.at(-1))
    if (!tables) return untraced(`${names.join('.')} is not in FROM`)
    const row = objectOf(tables.visible.map(column => [column.name, column.value]))
    return tables.unknown.length > 0 ? untraced(`the columns of ${tables.unknown.join(' and ')} are not known`, row) : row
  }
  const [name = '', table, schema] = names.reverse()
  return table === undefined ? lookUp(scope, name) : lookUpIn(scope, schema, table, name)
}

/** The value of `(row).field`, `json['key']`, `array[1]` and `array[2:3]`. */
export function fieldsAt(value: Value, steps: readonly Tree[], scope: Scope): Value {
  return steps.reduce((reached, step) => {
    const field = textOf(step)
    if (field !== undefined) return at(reached, field)
    const indices = as(step, 'A_Indices')
    if (!indices || indices.is_slice) return reached
    const key = constantOf(indices.uidx)
    // An array counts from 1, jsonb from 0: only that it is an element is certain.
    if (typeof key === 'string') return at(reached, key)
    const element = at(reached, null)
    const { reasons } = evaluate(indices.uidx, scope)
    return [...reasons].reduce<Value>((result, reason) => untraced(reason, result), element)
  }, value)
}
