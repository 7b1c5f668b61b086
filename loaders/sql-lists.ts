import type { Sql } from '../run/database/driver.ts'

// A list is one parameter, however long: with a parameter for each element, each length would be a statement of its own.

/** Texts as what `in` takes. */
export function textsIn(sql: Sql, texts: readonly string[]) {
  return sql`(select json_array_elements_text(${JSON.stringify(texts)}::text::json))`
}

/** Ids of files as what `in` takes. */
export function idsIn(sql: Sql, ids: readonly string[]) {
  return sql`(select json_array_elements_text(${JSON.stringify(ids)}::text::json)::bigint)`
}
