import type { Sql } from '../database/driver.ts'
import type { Compared } from '../database/relations.ts'
import type { Example } from './diff.ts'

/**
 * Some rows that are about to be merged into a table and differ from its rows: `changes` and `relation` as in FROM, columns of the key and
 * `compared` quoted. Values are PostgreSQL's text.
 */
export async function changedExamples(
  sql: Sql,
  relation: string,
  { changes, key, compared, most }: { changes: string; key: string[]; compared: Compared[]; most: number },
): Promise<Example[]> {
  const texts = (side: string, names: string[]) => `to_jsonb(array[${names.map(name => `${side}.${name}::text`).join(', ')}]::text[])`
  const names = compared.map(({ name }) => name)
  const rows = await sql.unsafe<{ key: (string | null)[]; before: (string | null)[]; after: (string | null)[] }[]>(`
    select ${texts('incoming', key)} as key, ${texts('existing', names)} as before, ${texts('incoming', names)} as after
    from ${changes} as incoming
    inner join ${relation} as existing on ${key.map(name => `existing.${name} = incoming.${name}`).join(' and ')}
    where ${names.map(name => `existing.${name}::text is distinct from incoming.${name}::text`).join(' or ')}
    order by ${key.map(name => `incoming.${name}`).join(', ')}
    limit ${most}`)
  return rows.map(row => ({
    kind: 'changed',
    key: Object.fromEntries(key.map((name, i) => [plain(name), row.key[i] ?? null])),
    values: Object.fromEntries(
      names.flatMap((name, i) =>
        row.before[i] === row.after[i] ? [] : [[plain(name), { before: row.before[i] ?? null, after: row.after[i] ?? null }]],
      ),
    ),
  }))
}

function plain(quoted: string): string {
  return quoted.slice(1, -1).replaceAll('""', '"')
}
