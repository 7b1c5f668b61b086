import type { Answer, Client } from './client.ts'
import { type Cut, strangeRow } from './cut.ts'
import { ExtractError } from './failure.ts'
import { fieldOf, idText, isObject, recordsIn } from './json.ts'
import type { Question } from './question.ts'
import type { Entry } from './source-config.ts'

/** The ids of a page's rows, in order. Throws an ExtractError when the answer is not a page of this list. */
export function idsOfPage(question: Question, answer: Answer, client: Client, entry: Entry, cut: Cut | null): string[] {
  const { id_field, rows_are, page_size } = entry
  const rows = recordsIn(answer.value, entry.records_at)
  if (!rows) throw client.other(question, answer.bytes, 'a list of records')
  if (page_size && rows.length > page_size.value)
    throw strange(entry, `${rows.length} rows on a page, ${page_size.parameter}=${page_size.value} was requested`, 'page size')
  return rows.map(row => {
    const id = isObject(row) ? idText(row[id_field]) : undefined
    if (id === undefined) throw client.other(question, answer.bytes, `a list of records with ${id_field}`)
    const reason = strangeRow(row, cut, rows_are)
    if (reason !== undefined) throw strange(entry, `record ${id}: ${reason}`, 'filter')
    return id
  })
}

/** Throws an ExtractError unless the answer is the requested record. */
export function checkRecord(question: Question, answer: Answer, client: Client, { id_field }: Entry, id: string): void {
  if (!isRecord(answer.value, id_field, id)) throw client.other(question, answer.bytes, `the record ${id}`)
}

/** Whether a value is the record with this id: its id field is the id, or a URL that ends with it. */
export function isRecord(value: unknown, idField: string, id: string): boolean {
  const found = idText(fieldOf(value, idField))
  return found === id || (found?.endsWith(`/${id}`) ?? false)
}

function strange({ entity, path }: Entry, what: string, ignored: string): ExtractError {
  return new ExtractError(4, `Unexpected rows in ${entity} (${path}): ${what}`, {
    hint: `The API ignores the ${ignored}. Check whether it has changed. No batch was made; the last one stays.`,
    ends: 'entity',
  })
}
