import type { Answer, Client, Question } from './client.ts'
import type { Entry } from './config.ts'
import { type Cut, strangeRow } from './cut.ts'
import { ExtractError } from './failure.ts'
import { fieldOf, idText, isObject, recordsIn } from './json.ts'

/** The ids of a page's rows, in their order. Throws an ExtractError when it is not a page of this list. */
export function idsOfPage(question: Question, answer: Answer, client: Client, entry: Entry, cut: Cut | null): string[] {
  const { id_field, rows_are, page_size } = entry
  const rows = recordsIn(answer.value, entry.records_at)
  if (!rows) throw client.other(question, answer.bytes, 'a list of records')
  if (page_size && rows.length > page_size.value)
    throw strange(entry, `${rows.length} rows came where ${page_size.parameter}=${page_size.value} was asked for`, 'page size')
  return rows.map(row => {
    const id = isObject(row) ? idText(row[id_field]) : undefined
    if (id === undefined) throw client.other(question, answer.bytes, `a list of records with ${id_field}`)
    const reason = strangeRow(row, cut, rows_are)
    if (reason !== undefined) throw strange(entry, `of the record ${id} the ${reason}`, 'filter')
    return id
  })
}

/** Throws an ExtractError when an answer is not the record that was asked for: its id field is the id, or an address that ends with it. */
export function checkRecord(question: Question, answer: Answer, client: Client, { id_field }: Entry, id: string): void {
  if (!isRecord(answer.value, id_field, id)) throw client.other(question, answer.bytes, `the record ${id}`)
}

/** Whether a value is the record of this id. */
export function isRecord(value: unknown, idField: string, id: string): boolean {
  const found = idText(fieldOf(value, idField))
  return found === id || (found?.endsWith(`/${id}`) ?? false)
}

function strange({ entity, path }: Entry, what: string, ignored: string): ExtractError {
  return new ExtractError(4, `The list ${entity} (${path}) is not what was asked for: ${what}`, {
    hint: `The API passes over the ${ignored}. Check whether the API changed. No batch was made; the last one stays.`,
    ends: 'entity',
  })
}
