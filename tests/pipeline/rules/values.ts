import fc from 'fast-check'

/** A JSON text, or undefined for an absent key. Texts, as they can contain what JSON.stringify cannot write. */
export type Text = string | undefined

/** One character too long for an index. */
export const longText = JSON.stringify('é'.repeat(201))

/** The longest text for an index, after trimming. */
export const fullText = JSON.stringify(` ${'😀'.repeat(200)} `)

/** Names of people, some of which are equal after folding (R29). */
export const names = [
  'Ann Able',
  'Bob Berry',
  'bob  berry',
  'Cleo Cole',
  'Dan Dale',
  'Dale, Dan',
  'Zo\u00eb \u0130nce',
  'ZOE\u0308 ince',
  'ΣΩΣ',
  'σως',
]

/** Emails, some of which differ only in case. */
export const emails = ['ann@example.com', 'bob@example.com', 'Bob@Example.com', 'ZO\u00cb@example.com']

/** Mostly one of the clean texts, sometimes a dirty one. */
export function mostly(clean: Text[], dirty: Text[] = []): fc.Arbitrary<Text> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...clean) },
    { weight: dirty.length ? 2 : 0, arbitrary: fc.constantFrom(...dirty, 'null') },
  )
}

/** The source of an object; undefined members are omitted. */
export function object(members: Record<string, Text>): string {
  const present = Object.entries(members).filter(([, text]) => text !== undefined)
  return `{${present.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`
}

/** An arbitrary object of arbitrary members. */
export function objectOf(members: Record<string, fc.Arbitrary<Text>>): fc.Arbitrary<string> {
  return fc.record(members).map(object)
}

/** Texts for names, notes and similar fields. Numbers are converted; the other dirty ones are not, or are null. */
export function text(...clean: string[]): fc.Arbitrary<Text> {
  return mostly(
    clean.map(value => JSON.stringify(value)),
    [...dirtyTexts, undefined],
  )
}

/** The key of a Freshdesk record. */
export function freshdeskId(ids: string[]): fc.Arbitrary<Text> {
  const [first = '1'] = ids
  const dirty = [
    `"${first}"`,
    `" ${first} "`,
    '""',
    '-1',
    '0',
    `${first}.0`,
    'true',
    '"abc"',
    '1e2',
    '99999999999999999999',
    '{}',
    undefined,
  ]
  return mostly(ids, dirty)
}

/** The key of a BILL record. */
export function billId(ids: string[]): fc.Arbitrary<Text> {
  const [first = 'x'] = ids
  return mostly(
    ids.map(id => JSON.stringify(id)),
    [`" ${first}\\t"`, '""', '12', '1.50', 'true', '{}', longText, fullText, undefined],
  )
}

/** A reference to a Freshdesk record that may be unknown. */
export function reference(ids: string[], unknown: string): fc.Arbitrary<Text> {
  const [first = '1'] = ids
  return mostly([...ids, ...ids, 'null', undefined, unknown], [`"${first}"`, `${first}.0`, '"x"', '1.5', 'true', '""'])
}

/** A list of ids (R16): mostly readable, some with unreadable elements. */
export function idList(ids: string[], unknown: string): fc.Arbitrary<Text> {
  const [first = '1'] = ids
  const element = mostly(ids, [`"${first}"`, unknown, '-1', '"x"', `${first}.0`, '{}', '""', '"999"'])
  const list = fc.array(element, { maxLength: 4 }).map(elements => `[${elements.join(',')}]`)
  const unknownLists = fc.constantFrom(undefined, 'null', `"${first}"`, '{}', first)
  return fc.oneof({ weight: 8, arbitrary: list }, { weight: 1, arbitrary: unknownLists })
}

export const timestamp: fc.Arbitrary<Text> = mostly(
  [
    '"2026-01-01T08:00:00Z"',
    '"2026-01-03T10:00:00Z"',
    '"2026-01-03T15:30:00+05:30"',
    '"2026-01-03T15:30:00.000+0530"',
    '"2026-01-03T10:00:00.250Z"',
    '"2026-01-04T23:30-02"',
    `"2026-01-03T10:00:00.${'123456'.repeat(40)}Z"`,
  ],
  [
    '"not-a-timestamp"',
    '"0000-00-00 00:00:00"',
    '"2026-02-30T00:00:00Z"',
    '"2026-01-03T10:00:00"',
    '"2026-01-03"',
    '"now"',
    '"infinity"',
    '""',
    '1767225600',
    undefined,
  ],
)

export const date: fc.Arbitrary<Text> = mostly(
  ['"2026-01-01"', '"2026-02-01"', undefined],
  ['"2026-02-30"', '"today"', '"2026-01-01T00:00:00Z"', '"20260101"', '""', '5'],
)

export const boolean: fc.Arbitrary<Text> = mostly(
  ['true', 'false', undefined],
  ['"true"', '" false "', '"yes"', '"TRUE"', '1', '"1"', '""', '[]'],
)

export const int: fc.Arbitrary<Text> = mostly(
  ['1', '2', '3', undefined],
  ['"2"', '1.0', '"1.0"', '1.5', '"abc"', '"0x1"', '99999999999', '1e400', '1e2', 'true', '""'],
)

export const money: fc.Arbitrary<Text> = mostly(
  ['0', '12.50', '1000', '184.10', '0.005', undefined],
  ['"12.5"', '"NaN"', '"+5"', '" 7 "', '"1e2"', '1e400', '1e24', '"12,5"', 'true', '""', '"Infinity"', '[]'],
)

const dirtyTexts = [
  '5551234',
  '5.50',
  'true',
  '{}',
  '["a"]',
  '" padded\\t"',
  '"\\n"',
  '""',
  '"\\ud83d\\ude00"',
  '"a \\"quoted\\" back\\\\slash\\nline"',
]

/** Texts that spoil a whole record: JSON that jsonb refuses, and tokens that are not JSON. */
export const spoilers = ['"\\u0000"', '"a\\ud83d"', '"\\udc00 b"', '1e200000', 'NaN', '-Infinity', '[NaN]']
