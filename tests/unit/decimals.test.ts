import { expect, it } from 'vitest'
import { decimal } from '../../run/jinja/decimals.ts'
import { parseTemplate, render, type Value } from '../../run/jinja/template.ts'

const D = (text: Value): Value => decimal(String(text))
const shown = (expression: string) =>
  render(parseTemplate(`{{ ${expression} }}`, 'x'), new Map<string, Value>([['D', args => D(args[0] ?? '')]])).text

// Python 3.11's output of decimal.Decimal.
it.each([
  ["D('1.10')", '1.10'],
  ["[D('1.10')]", "[Decimal('1.10')]"],
  ["D('1e20')", '1E+20'],
  ["D('1e-7')", '1E-7'],
  ["D('0.000001')", '0.000001'],
  ["D('12.5e3')", '1.25E+4'],
  ["D('0.00')", '0.00'],
  ["D('-0.0')", '-0.0'],
  ["D('nan')", 'NaN'],
  ["D('-inf')", '-Infinity'],
  ["D('1.10') + 1", '2.10'],
  ["D('1.10') * D('2.0')", '2.200'],
  ["D('1E+20') + 1", '100000000000000000001'],
  ["D('7') / 2", '3.5'],
  ["D('1') / 3", '0.3333333333333333333333333333'],
  ["D('2') / 3", '0.6666666666666666666666666667'],
  ["D('100') / 4", '25'],
  ["D('-7') // 2", '-3'],
  ["D('-7') % 3", '-1'],
  ["D('2') ** 3", '8'],
  ["D('2') ** -1", '0.5'],
  ["-D('1.0')", '-1.0'],
  ["D('1.10') == 1.1", 'False'],
  ["D('0.5') == 0.5", 'True'],
  ["D('3') == 3", 'True'],
  ["D('3.5') < 3.6", 'True'],
  ["D('3') is number", 'True'],
  ["D('3') is integer", 'False'],
  ["'y' if D('0.00') else 'n'", 'n'],
  ["D('-1.5') | abs", '1.5'],
  ["D('2.675') | round(2)", '2.68'],
  ["D('3.9') | int", '3'],
  ["D('3.10') | float", '3.1'],
  ["[D('1.1'), D('2.2')] | sum", '3.3'],
  ["[D('1.1'), 2] | max", '2'],
  ["'%.2f' % D('3.456')", '3.46'],
  ["'%s' % D('3.50')", '3.50'],
])('%s is %s', (expression, expected) => expect(shown(expression)).toBe(expected))

it('does not mix with floats, as in Python', () => {
  expect(() => shown("D('1.1') + 1.0")).toThrow("'+' does not take Decimal and float")
  expect(() => shown("D('1') / 0")).toThrow('division by zero')
})
