import type { Sql } from '../run/database/driver.ts'

// As one parameter, however many they are: a parameter each would be a statement of its own for each number of them.

/** Texts as what `in` takes. */
export function textsIn(sql: Sql, texts: readonly string[]) {
  return sql`(select json_array_elements_text(${JSON.stringify(texts)}::text::json))`
}

/** Ids of files as what `in` takes. */
export function idsIn(sql: Sql, ids: readonly string[]) {
  return sql`(select json_array_elements_text(${JSON.stringify(ids)}::text::json)::bigint)`
}
