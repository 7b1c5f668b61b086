import { parseJson } from '../run/base/json-text.ts'
import type { Sql } from '../run/database/driver.ts'
import { conformityOf } from './conform.ts'
import { declarationOf } from './declaration.ts'
import { type Entity, entities } from './entities.ts'

/**
 * Checks again whether each landed record conforms to its present declaration, without reading a file: when the declaration changed after
 * the record landed, each build examines the record field by field. Writes only differences, and gives their number.
 */
export async function rejudge(sql: Sql): Promise<number> {
  let changed = 0
  for (const entity of entities) changed += await rejudgeEntity(sql, entity)
  return changed
}

// Limits of a page: many small records, or one large record.
const ROWS = 2000
const CHARACTERS = 8_000_000

async function rejudgeEntity(sql: Sql, entity: Entity): Promise<number> {
  const { conforms } = conformityOf(entity)
  const { hash } = declarationOf(entity)
  const table = sql(`raw.${entity}`)
  let [file, position] = ['0', -1]
  for (let changed = 0; ; ) {
    const rows = await sql<{ file_id: string; position: number; json: string; is_odd: boolean }[]>`

      with page as (
        select file_id, position, coalesce(record::text, raw_text) as json, record is null or is_foreign is true or stream is not null as is_odd
        from ${table}
        where (file_id, position) > (${file}, ${position})
        order by file_id, position
        limit ${ROWS}
      ), sized as (
        select page.*, sum(length(json)) over (order by file_id, position) - length(json) as before
        from page
      )
      select file_id, position, json, is_odd from sized where before < ${CHARACTERS} order by file_id, position`
    const last = rows.at(-1)
    if (!last) return changed
    file = last.file_id
    position = last.position

    const judged = rows.map(({ file_id, position, json, is_odd: isOdd }) => ({
      file_id,
      position,
      declared: isOdd || !isConforming(json) ? null : hash,
    }))
    const updated = await sql`
      update ${table} as landed
      set declared = judged.declared
      from json_to_recordset(${JSON.stringify(judged)}::text::json) as judged (file_id bigint, position integer, declared integer)
      where landed.file_id = judged.file_id
        and landed.position = judged.position
        and landed.declared is distinct from judged.declared`
    changed += updated.count
  }

  function isConforming(json: string): boolean {
    return conforms(parseJson(json), json)
  }
}
