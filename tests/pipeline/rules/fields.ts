import { isRealDate } from './batches.ts'
import { absolute, compareDecimals, decimal } from './decimal.ts'
import { canonicalJson, isNumber, isObject, type Json, type JsonObject, numberText, stripZeros } from './json.ts'

/** The finding of a rule (R9, R10). An `element` error quarantines the element of an array, not the record. */
export interface Finding {
  severity: 'error' | 'warning'
  type: string
  field: string | null
  element?: true
  /** Only for findings about `role_ids`, which have their own errors table: the role as far as readable. */
  role?: { id: string | null }
}

/** The reading of a value: a canonical text, `missing` (null, absent, empty) or `invalid`. */
export type Reading = { value: string; coerced: boolean } | 'missing' | 'invalid'

export type Kind = keyof typeof kinds

/** Reads the fields of a record, and adds to `findings` those of R12 to R14. */
export function fieldsOf(record: JsonObject, findings: Finding[], prefix = '') {
  return {
    optional: (path: string, kind: Kind): string | null => read(path, kind, false),
    required: (path: string, kind: Kind): string | null => read(path, kind, true),
    /** A value that is kept as null when missing, and reported (R14). */
    expected: (path: string, kind: Kind): string | null => read(path, kind, false, 'warning'),
    /** An object that contains fields of columns: true if it is one; null and absent are missing. */
    object: (path: string, required: boolean): boolean => read(path, 'object', required) !== null,
  }

  function read(
    path: string,
    kind: Kind,
    required: boolean,
    missing: 'error' | 'warning' | null = required ? 'error' : null,
  ): string | null {
    const reading = kinds[kind](memberAt(record, path))
    const field = prefix + path
    if (reading === 'missing') {
      if (missing) findings.push({ severity: missing, type: 'missing_value', field })
      return null
    }
    if (reading === 'invalid') {
      findings.push({ severity: required ? 'error' : 'warning', type: 'invalid_value', field })
      return null
    }
    if (reading.coerced) findings.push({ severity: 'warning', type: 'coerced_value', field })
    return reading.value
  }
}

/** The member at a dotted path; undefined where it, or an object on the path, is missing. */
export function memberAt(record: Json | undefined, path: string): Json | undefined {
  let value = record
  for (const name of path.split('.')) value = isObject(value) ? value.members.get(name) : undefined
  return value
}

/** Whether a value is missing: absent, null, or an empty string. */
export function isMissing(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && trim(value) === '')
}

/** A Freshdesk key (R11): a JSON integer above 0 in bigint, or a string of digits. */
export function freshdeskKey(value: Json | undefined): Reading {
  if (isMissing(value)) return 'missing'
  const digits = isNumber(value) ? value.number : typeof value === 'string' ? trim(value) : value
  if (typeof digits !== 'string' || !/^\d+$/.test(digits)) return 'invalid'
  const id = BigInt(digits)
  return id > 0n && id <= bigintMax ? { value: String(id), coerced: typeof value === 'string' } : 'invalid'
}

/** A BILL key (R11): a non-empty string after trimming; a number is kept as text. */
export function billKey(value: Json | undefined): Reading {
  return kinds.reference(value)
}

/** Trims the white space of the contract at both ends. */
export function trim(text: string): string {
  return text.replace(/^[ \t\r\n\f\v]+|[ \t\r\n\f\v]+$/g, '')
}

const bigintMax = 2n ** 63n - 1n

const kinds = {
  text: present(value => (typeof value === 'string' ? kept(value) : isNumber(value) ? coerced(value.number) : 'invalid')),

  /** A text in an index: up to 200 characters. */
  reference: present(value => {
    const text = typeof value === 'string' ? value : isNumber(value) ? value.number : undefined
    if (text === undefined || [...text].length > 200) return 'invalid'
    return typeof value === 'string' ? kept(text) : coerced(text)
  }),

  boolean: present(value => {
    if (typeof value === 'boolean') return kept(String(value))
    return value === 'true' || value === 'false' ? coerced(value) : 'invalid'
  }),

  int: present(value => integer(value, 2n ** 31n)),

  bigint: present(value => integer(value, 2n ** 63n)),

  numeric: present(value => {
    const number = numberOf(value)
    return number === undefined ? 'invalid' : { value: stripZeros(number), coerced: typeof value === 'string' }
  }),

  /** The feed sends minor units as a string: that is the right type, and a number is converted. */
  minorUnits: present(value => {
    const number = numberOf(value)
    return number === undefined ? 'invalid' : { value: stripZeros(number), coerced: typeof value !== 'string' }
  }),

  timestamp: present(value => (typeof value === 'string' ? instant(value) : 'invalid')),

  date: present(value => (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isRealDate(value) ? kept(value) : 'invalid')),

  array: present(value => (Array.isArray(value) ? kept(canonicalJson(value)) : 'invalid')),

  object: present(value => (isObject(value) ? kept(canonicalJson(value)) : 'invalid')),
} satisfies Record<string, (value: Json | undefined) => Reading>

/** Strings are trimmed; null, absent and the empty string are missing. */
function present(read: (value: Json) => Reading): (value: Json | undefined) => Reading {
  return value => {
    if (value === undefined || value === null || isMissing(value)) return 'missing'
    return read(typeof value === 'string' ? trim(value) : value)
  }
}

function kept(value: string): Reading {
  return { value, coerced: false }
}

function coerced(value: string): Reading {
  return { value, coerced: true }
}

/** A number, or a string in JSON's number grammar, below 1e24. */
function numberOf(value: Json): string | undefined {
  const isText = typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value)
  const number = isNumber(value) ? value.number : isText ? numberText(value) : 'NaN'
  if (number === 'NaN' || number === 'huge') return undefined
  return compareDecimals(absolute(decimal(number)), decimal('1000000000000000000000000')) < 0 ? number : undefined
}

/** A whole number within ±limit; 1.0 and strings are converted. */
function integer(value: Json, limit: bigint): Reading {
  const number = numberOf(value)
  if (number === undefined) return 'invalid'
  const whole = stripZeros(number)
  if (whole.includes('.') || BigInt(whole) >= limit || BigInt(whole) < -limit) return 'invalid'
  return { value: whole, coerced: typeof value === 'string' || number.includes('.') }
}

/** `YYYY-MM-DDThh:mm[:ss[.f…]]` with `Z` or `±hh[[:]mm]` (R13), as UTC with microseconds, so that texts compare like instants. */
function instant(text: string): Reading {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/.exec(text)
  if (!parts) return 'invalid'
  const [, date = '', hour = '', minute = '', second = '0', fraction = '', sign = '+', offsetHour = '0', offsetMinute = '0'] = parts
  if (!isRealDate(date) || +hour > 23 || +minute > 59 || +second > 59 || +offsetHour > 15 || +offsetMinute > 59) return 'invalid'
  const offset = (+offsetHour * 60 + +offsetMinute) * (sign === '-' ? -1 : 1)
  const micros = Math.round(Number(`0.${fraction || '0'}`) * 1e6)
  const millis = Date.parse(`${date}T00:00:00Z`) + ((+hour * 60 + +minute - offset) * 60 + +second) * 1000 + (micros === 1e6 ? 1000 : 0)
  return kept(`${new Date(millis).toISOString().slice(0, 19)}.${String(micros % 1e6).padStart(6, '0')}Z`)
}
