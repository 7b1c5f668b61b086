import { type Finding, isMissing, memberAt, trim } from './fields.ts'
import { isNumber, isObject, type Json, type JsonObject } from './json.ts'
import type { Parts, Row } from './records.ts'

/** The tags of a transaction: from `customFields`, or `tags` if that is absent or empty; elements without a tag are reported once. */
export function readTags(record: JsonObject, findings: Finding[]): Row[] {
  const [custom, old] = [listAt(record, 'customFields', findings), listAt(record, 'tags', findings)]
  const field = custom.length > 0 ? 'customFields' : 'tags'
  let isOdd = false
  const odd = () => {
    isOdd = true
    return []
  }

  const rows = (custom.length > 0 ? custom : old).flatMap((element): Row[] => {
    if (element === null) return []
    const name = shortText(memberAt(element, field === 'tags' ? 'tagType.name' : 'name'))
    const selected = memberAt(element, field === 'tags' ? 'selectedTagValues' : 'selectedValues') ?? []
    if (!isObject(element) || name === undefined || !Array.isArray(selected)) return odd()
    return selected.flatMap((one): Row[] => {
      if (one === null) return []
      if (field === 'customFields' && !isObject(one)) return odd()
      const said = field === 'tags' ? one : memberAt(one, 'value')
      const value = shortText(said)
      if (value !== undefined) return [{ name, value }]
      return isMissing(said) ? [] : odd()
    })
  })
  if (isOdd) findings.push({ severity: 'warning', type: 'invalid_value', field })
  return [...new Map(rows.map(row => [JSON.stringify(row), row])).values()]
}

/** The parts of a transaction, by id and by uuid; null for an element that is not an id, which is reported once. */
export function readParts(record: JsonObject, findings: Finding[]): Parts {
  return { id: read('childTransactionIds'), uuid: read('childTransactionUuids') }

  function read(field: string): (string | null)[] {
    const parts = listAt(record, field, findings).filter(element => !isMissing(element))
    const ids = parts.map(element => shortText(element) ?? null)
    if (ids.includes(null)) findings.push({ severity: 'warning', type: 'invalid_value', field })
    return ids
  }
}

/** A value that is not an array is reported, and counts as absent. */
function listAt(record: JsonObject, name: string, findings: Finding[]): Json[] {
  const value = memberAt(record, name)
  if (Array.isArray(value)) return value
  if (!isMissing(value)) findings.push({ severity: 'warning', type: 'invalid_value', field: name })
  return []
}

/** A text of up to 200 characters, after trimming; a number counts as text. */
function shortText(value: Json | undefined): string | undefined {
  const text = typeof value === 'string' ? trim(value) : value !== undefined && isNumber(value) ? value.number : ''
  return text !== '' && [...text].length <= 200 ? text : undefined
}
