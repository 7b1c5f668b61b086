import type { Sql } from '../run/database/driver.ts'
import { type Entity, entities } from './entities.ts'
import { validator } from './schema.ts'

/**
 * Gives every landed record the verdict of its schema as that is now, without touching a file: a schema may have changed since the record
 * landed. Writes only what differs, and gives how many that were.
 */
export async function rejudge(sql: Sql): Promise<number> {
  let changed = 0
  for (const entity of entities) changed += await rejudgeEntity(sql, entity)
  return changed
}

// Of a page: many small records, or one that is large.
const ROWS = 2000
const CHARACTERS = 8_000_000

async function rejudgeEntity(sql: Sql, entity: Entity): Promise<number> {
  const validate = validator(entity)
  const table = sql(`raw.${entity}`)
  let [file, position] = ['0', -1]
  for (let changed = 0; ; ) {
    const rows = await sql<{ file_id: string; position: number; json: string; problem: string | null }[]>`

      with page as (
        select file_id, position, coalesce(record::text, raw_text) as json, problem
        from ${table}
        where (file_id, position) > (${file}, ${position})
        order by file_id, position
        limit ${ROWS}
      ), sized as (
        select page.*, sum(length(json)) over (order by file_id, position) - length(json) as before
        from page
      )
      select file_id, position, json, problem from sized where before < ${CHARACTERS} order by file_id, position`
    const last = rows.at(-1)
    if (!last) return changed
    file = last.file_id
    position = last.position

    const judged = rows.map(row => ({
      file_id: row.file_id,
      position: row.position,
      verdict: row.problem === 'invalid_json' ? null : verdictOn(row.json),
    }))
    const updated = await sql`
      update ${table} as landed
      set verdict = judged.verdict
      from json_to_recordset(${JSON.stringify(judged)}::text::json) as judged (file_id bigint, position integer, verdict jsonb)
      where landed.file_id = judged.file_id
        and landed.position = judged.position
        and landed.verdict is distinct from judged.verdict`
    changed += updated.count
  }

  function verdictOn(json: string): unknown {
    try {
      return JSON.parse(validate(JSON.parse(json))?.json ?? 'null')
    } catch {
      return null
    }
  }
}
