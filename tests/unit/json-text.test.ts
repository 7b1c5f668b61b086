import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonFault, parseJson, parseRenamed } from '../../run/base/json-text.ts'
import { type Json, parseJson as parseByRules } from '../pipeline/rules/json.ts'

it.each([
  ['', 'unexpected end, expected a value'],
  ['[1,]', 'unexpected "]" at character 4, expected a value'],
  ['[1 2]', 'unexpected "2" at character 4, expected "," or "]"'],
  ['[', 'unexpected end, expected a value or "]"'],
  ['{"a":1,}', 'unexpected "}" at character 8, expected a name in quotes'],
  ['{a:1}', 'unexpected "a" at character 2, expected a name in quotes or "}"'],
  ['{"a" 1}', 'unexpected "1" at character 6, expected ":"'],
  ['{"a":[1}', 'unexpected "}" at character 8, expected "," or "]"'],
  ['{"a":{"b":1}', 'unexpected end, expected "," or "}"'],
  ['{"a":01}', 'unexpected "1" at character 7, expected "," or "}"'],
  ['NaN', 'unexpected "N" at character 1, expected a value'],
  ['[😀]', 'unexpected "😀" at character 2, expected a value or "]"'],
  ['{} x', 'unexpected "x" at character 4, expected the end'],
  ['{"a":"b', 'unexpected end, the string of character 6 is not closed'],
  ['{"a":"b\\', 'unexpected end, the string of character 6 is not closed'],
  ['["\\x"]', 'invalid escape \\ at character 3'],
  ['["\\u12"]', 'invalid escape \\ at character 3'],
  ['["\n"]', 'unescaped control character "\\n" at character 3 in a string'],
  ['["\0"]', 'unescaped control character "\\u0000" at character 3 in a string'],
])('%j is refused in words of our own', (text, fault) => {
  expect(() => JSON.parse(text)).toThrow()
  expect(jsonFault(text)).toBe(fault)
})

it('a fault is found in whatever JSON.parse refuses, and only there', () => {
  const piece = fc.constantFrom(...'{}[],:" \\\n0-1.eE', '"a"', '"\\n"', 'true', 'null', '"\\u00e9"', '{"a":1}', '[]')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
      const text = pieces.join('')
      let isValid = true
      try {
        JSON.parse(text)
      } catch {
        isValid = false
      }
      // For a valid text the walk ends where nothing more may follow.
      expect(jsonFault(text) === 'unexpected end, expected the end', text).toBe(isValid)
    }),
    { numRuns: 2000 },
  )
})

it('nesting deeper than the stack is no matter', () => {
  expect(jsonFault('['.repeat(200_000))).toContain('unexpected end')
  expect(parseRenamed(`${'[{"\\u0061":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)).toHaveLength(1)
})

it('a name that is escaped is that name, whatever names were read before', () => {
  JSON.parse('[{"h":[],"\\\\":0},{"g":[],"\\\\u":0}]')
  expect(parseJson('{"h":1,"\\"":2}')).toEqual({ h: 1, '"': 2 })
  expect(parseJson('{"g":1,"\\u0069d":2}')).toEqual({ g: 1, id: 2 })
})

it('names in the place of escaped ones change nothing', () => {
  const character = fc.constantFrom('a', 'b', '"', '\\', '\n', 'é', '😀', '\ud800', '__proto__')
  const written = fc
    .tuple(character, fc.boolean())
    .map(([name, isEscaped]) =>
      isEscaped
        ? Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')
        : JSON.stringify(name).slice(1, -1),
    )
  const { value } = fc.letrec(tie => ({
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom('1', '"a:b\\":"', 'null'), tie('object'), tie('array')),
    array: fc.array(tie('value') as fc.Arbitrary<string>, { maxLength: 3 }).map(values => `[${values}]`),
    object: fc
      .array(fc.tuple(fc.array(written, { maxLength: 2 }), tie('value') as fc.Arbitrary<string>), { maxLength: 4 })
      .map(members => `{${members.map(([name, value]) => `"${name.join('')}" : ${value}`)}}`),
  }))
  fc.assert(
    fc.property(value as fc.Arbitrary<string>, text => {
      expect(JSON.stringify(parseRenamed(text))).toBe(printed(parseByRules(text)!))
    }),
    { numRuns: 500 },
  )
})

// The value as read by the rules' parser, as JSON.parse is what is tested.
function printed(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(printed)}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if ('number' in value) return value.number
  return `{${[...value.members].map(([name, member]) => `${JSON.stringify(name)}:${printed(member)}`)}}`
}
