import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, fromJs, parseTemplate, render, repr, str, toJs, type Value } from '../../run/jinja/template.ts'
import { float, tuple } from '../../run/jinja/values.ts'

const value = (expression: string) => evaluate(expression, 'm.sql', 1, 1, new Map())

const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.bigInt().map(number => (BigInt.asIntN(53, number) === number ? Number(number) : number)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(float),
    fc.constantFrom(true, false, null),
    fc.array(tie('value')),
    fc.array(tie('value')).map(tuple),
    fc.array(fc.tuple(fc.string(), tie('value'))).map(pairs => new Map<Value, Value>(pairs)),
  ),
})).value

describe('values', () => {
  it('written by repr() are read back as they were', () => {
    fc.assert(fc.property(values, written => void expect(repr(value(repr(written)))).toBe(repr(written))))
  })

  it('that are texts print as themselves', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void expect(str(value(repr(text)))).toBe(text)))
  })

  it('of JSON go in and out unchanged', () => {
    fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), json => void expect(toJs(fromJs(json))).toEqual(json)))
  })

  it('render a text without braces as it is, but for one last line break', () => {
    const plain = fc.string({ unit: 'grapheme' }).filter(text => !/\{[{%#]|\r/.test(text))
    fc.assert(fc.property(plain, text => void expect(render(parseTemplate(text, 'm.sql'), new Map()).text).toBe(text.replace(/\n$/, ''))))
  })
})

describe('integers', () => {
  const integers = fc
    .oneof(fc.integer({ min: -100, max: 100 }), fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }))
    .map(BigInt)

  it('are exact however large', () => {
    fc.assert(
      fc.property(integers, integers, (a, b) => {
        expect(str(value(`${a} + ${b}`))).toBe(String(a + b))
        expect(str(value(`${a} - (${b})`))).toBe(String(a - b))
        expect(str(value(`${a} * ${b}`))).toBe(String(a * b))
        expect(value(`(${a}) < (${b})`)).toBe(a < b)
        expect(value(`(${a}) == (${b})`)).toBe(a === b)
      }),
    )
  })

  it('divide down, with a rest of the sign of the divisor', () => {
    fc.assert(
      fc.property(
        integers,
        integers.filter(b => b !== 0n),
        (a, b) => {
          const quotient = BigInt(str(value(`(${a}) // (${b})`)))
          const rest = BigInt(str(value(`(${a}) % (${b})`)))
          expect(quotient * b + rest).toBe(a)
          expect(rest === 0n || rest < 0n === b < 0n).toBe(true)
          expect((rest < 0n ? -rest : rest) < (b < 0n ? -b : b)).toBe(true)
        },
      ),
    )
  })
})

describe('variables of a render', () => {
  it('never change the template or the scope', () => {
    const scope = new Map<string, Value>([['x', 1]])
    const template = parseTemplate('{% set y = [x] %}{% do y.append(2) %}{% set x = 5 %}{{ y }}{{ x }}', 'm.sql')
    expect([render(template, scope).text, render(template, scope).text]).toEqual(['[1, 2]5', '[1, 2]5'])
    expect([...scope]).toEqual([['x', 1]])
  })

  it('in a list that is written out are new each time', () => {
    expect(
      render(parseTemplate('{% macro m(x=[]) %}{% do x.append(1) %}{{ x }}{% endmacro %}{{ m() }}{{ m() }}', 'm.sql'), new Map()).text,
    ).toBe('[1][1]')
  })
})
