import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guessType, readCsv } from '../../run/parse/csv.ts'

describe('guessType', () => {
  it.each([
    ['integer', ['1', '-2', ' 3 ']],
    ['integer', [null, null]],
    ['integer', ['007']],
    ['integer', ['$1,000']],
    ['bigint', ['1', '3000000000']],
    ['float8', ['1', '2.50']],
    ['float8', ['1e5']],
    ['float8', ['99999999999999999999']],
    ['date', ['2026-01-05', null]],
    ['text', ['2026-02-30']],
    ['timestamp', ['2026-01-05 10:00:00']],
    ['timestamp', ['2026-01-05T10:00:00Z', '2026-01-05T10:00:00+02:00']],
    ['text', ['2026-01-05', '2026-01-05T10:00:00']],
    ['boolean', ['true', 'FALSE']],
    ['text', ['yes', 'no']],
    ['text', ['1', 'x']],
  ])('%s: %j', (type, values) => expect(guessType(values)).toBe(type))
})

describe('readCsv', () => {
  it('reads empty values and the word null as NULL, in text too', () => {
    expect(readCsv('\uFEFFa,b\n1,x\n,NULL\n', 's.csv')).toEqual({
      columns: [
        { name: 'a', type: 'integer' },
        { name: 'b', type: 'text' },
      ],
      rows: [
        ['1', 'x'],
        [null, null],
      ],
    })
  })

  it('reads a header as SQL, unless quote_columns', () => {
    const names = (options = {}) => readCsv('"Name","""default"""\n1,2\n', 's.csv', options).columns.map(({ name }) => name)
    expect(names()).toEqual(['name', 'default'])
    expect(names({ quoteColumns: true })).toEqual(['Name', '"default"'])
  })

  it('keeps any text (property)', () => {
    const value = fc.string({ unit: 'grapheme' }).map(text => `v${text.replaceAll('\u0000', '')}v`)
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), rows => {
        const quoted = rows.map(row => row.map(text => `"${text.replaceAll('"', '""')}"`).join(';'))
        expect(readCsv(`a;b\n${quoted.join('\r\n')}`, 's.csv', { delimiter: ';' }).rows).toEqual(rows)
      }),
    )
  })

  it.each([
    ['', 'no header'],
    ['a,a\n1,2', "two columns named 'a'"],
    ['a,\n1,2', 'has no name'],
    ['a,b\n1', 'no CSV'],
  ])('refuses %j', (text, message) => expect(() => readCsv(text, 's.csv')).toThrow(message))
})
