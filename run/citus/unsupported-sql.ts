import type { Rendered } from '../base/codeframe.ts'
import { ProjectError } from '../base/errors.ts'
import type { Node } from '../manifest/node.ts'

/** Throws for a model of a table on the workers that uses the time or random values: each shard would get its own. */
export function refuseVolatile(node: Node, query: Rendered): void {
  const found = volatile.exec(codeOf(query))
  if (!found) return
  throw new ProjectError(`${found[0].replace(/\s*\($/, '()')} returns a different value on each node of the cluster`, {
    place: query.placeAt(found.index) ?? node.place,
    hint: "Write the time of the run: '{{ run_started_at }}'::timestamptz. Random values must come from the feed.",
  })
}

/**
 * Throws for `not materialized`. Citus treats the copies of a CTE that PostgreSQL inlines in several places as one table, and joins them
 * shard by shard on any columns: rows are lost without an error. With `not materialized /* apart *\/` the author asserts that no two copies
 * are joined, as all but one are read inside materialized steps.
 */
export function refuseInlined(node: Node, query: Rendered): void {
  const found = inlined.exec(codeOf(query))
  if (!found) return
  throw new ProjectError('Citus joins the copies of a CTE that is NOT MATERIALIZED wrongly, without an error', {
    place: query.placeAt(found.index) ?? node.place,
    hint: "Read the table itself in each place, or write as materialized; `{{ 'as materialized' if on_citus() else 'as not materialized' }}` keeps both.",
  })
}

// Replaces quoted texts and comments of the SQL by blanks: offsets stay.
function codeOf({ text }: Rendered): string {
  return text.replace(quoted, found => ' '.repeat(found.length))
}

const volatile =
  /\b(?:now\s*\(|(?:current_timestamp|current_date|current_time|localtime|localtimestamp)\b|(?:clock|statement|transaction)_timestamp\s*\(|timeofday\s*\(|random\s*\(|gen_random_uuid\s*\(|uuid_generate_v\w+\s*\()/i

const inlined = /\bnot\s+materialized\b(?!\s*\/\* apart \*\/)/i

const quoted = /--[^\n]*|\/\*(?! apart \*\/)[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"/g
