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
    ['integer', ['1e5']],
    ['numeric', ['99999999999999999999']],
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

// One value in dbt 1.11 with agate: its type, and the value in the column.
describe("dbt's numbers and times", () => {
  it.each([
    ['1.0', 'integer', '1'],
    ['1e3', 'integer', '1000'],
    ['1E3', 'integer', '1000'],
    ['5.', 'integer', '5'],
    ['1_000', 'integer', '1000'],
    ['-0', 'integer', '0'],
    ['--5', 'integer', '5'],
    ['+5', 'integer', '5'],
    ['007', 'integer', '7'],
    ['5 %', 'integer', '5'],
    ['-₫5', 'integer', '-5'],
    ['"1.000"', 'integer', '1'],
    ['"$1,000"', 'integer', '1000'],
    ['.5', 'float8', '.5'],
    ['1e-2', 'float8', '1e-2'],
    ['12345678901234567890.5', 'float8', '12345678901234567890.5'],
    ['(5)', 'text', '(5)'],
    ['0x10', 'text', '0x10'],
    ['1 000', 'text', '1 000'],
    ['2024-1-5', 'date', '2024-1-5'],
    ['2024-01-05  10:00:00', 'timestamp', '2024-01-05  10:00:00'],
    ['20240105T100000', 'timestamp', '20240105T100000'],
    ['2024-01-05 10:00:00.5', 'text', '2024-01-05 10:00:00.5'],
    ['2024-01-05 10:00:00+02', 'text', '2024-01-05 10:00:00+02'],
    ['10:00:00', 'text', '10:00:00'],
    ['None', 'text', 'None'],
  ])('%s is %s %s', (value, type, read) => {
    const table = readCsv(`a\n${value}\n`, 's.csv')
    expect([table.columns[0]?.type, table.rows[0]?.[0]]).toEqual([type, read])
  })

  it('keeps whole numbers that dbt fails on or rounds', () => {
    const read = (value: string) => readCsv(`a\n${value}\n`, 's.csv')
    expect(read('9223372036854775808')).toEqual({ columns: [{ name: 'a', type: 'numeric' }], rows: [['9223372036854775808']] })
    expect(read('10000000000000000000000000000001').rows).toEqual([['10000000000000000000000000000001']])
  })

  it('keeps NaN beside other decimals', () => {
    expect(readCsv('a\n1.5\nNaN\n', 's.csv')).toEqual({ columns: [{ name: 'a', type: 'float8' }], rows: [['1.5'], ['NaN']] })
  })
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

  it('takes the names of a header as they are, and as SQL with quote_columns: false', () => {
    const names = (options = {}) => readCsv('"Name","""default"""\n1,2\n', 's.csv', options).columns.map(({ name }) => name)
    expect(names()).toEqual(['Name', '"default"'])
    expect(names({ quoteColumns: false })).toEqual(['name', 'default'])
  })

  // The result of dbt 1.11 with agate for the same text.
  it.each([
    [
      'a,b,c\n1,2,3\n4,5\n\n6,,\n',
      ['a', 'b', 'c'],
      [
        ['1', '2', '3'],
        ['4', '5', null],
        [null, null, null],
        ['6', null, null],
      ],
    ],
    [
      'a,b\n1,2\n\n',
      ['a', 'b'],
      [
        ['1', '2'],
        [null, null],
      ],
    ],
    ['a,,c\n1,2,3\n', ['a', 'b', 'c'], [['1', '2', '3']]],
    ['a,a,a\n1,2,3\n', ['a', 'a_2', 'a_3'], [['1', '2', '3']]],
    ['t\r\n"x\r\ny"\r\n', ['t'], [['x\ny']]],
  ])('reads %j as dbt does', (text, names, rows) => {
    const table = readCsv(text, 's.csv')
    expect([table.columns.map(({ name }) => name), table.rows]).toEqual([names, rows])
  })

  it('keeps any text (property)', () => {
    const value = fc.string({ unit: 'grapheme' }).map(text => `v${text.replaceAll(/[\0\r]/g, '')}v`)
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), rows => {
        const quoted = rows.map(row => row.map(text => `"${text.replaceAll('"', '""')}"`).join(';'))
        expect(readCsv(`a;b\n${quoted.join('\r\n')}`, 's.csv', { delimiter: ';' }).rows).toEqual(rows)
      }),
    )
  })

  it.each([
    ['', 'no header'],
    ['a,A\n1,2', "two columns named 'a'"],
    ['a,b\n1,2\n1,2,3', 'Row 2 has 3 values, the header has 2 columns'],
    ['a,b\n"1,2', 'Invalid CSV'],
    ['a|b\n1|2', "The header is one column, 'a|b', as its delimiter is ','"],
    ['a\tb\n', 'one column'],
  ])('refuses %j', (text, message) => expect(() => readCsv(text, 's.csv', { quoteColumns: false })).toThrow(message))

  it('takes a header with another delimiter for one column where its name is quoted', () => {
    const names = (text: string, options = {}) => readCsv(text, 's.csv', options).columns.map(({ name }) => name)
    expect(names('a|b\n1\n')).toEqual(['a|b'])
    expect(names('"""a|b"""\n1\n', { quoteColumns: false })).toEqual(['a|b'])
    expect(names('a|b,c\n1,2\n', { quoteColumns: false })).toEqual(['a|b', 'c'])
  })
})
