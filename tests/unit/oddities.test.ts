import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTooDeep, NESTING_LIMIT, readableJson, shortened, spoiledValue, unrepresentable } from '../../loaders/json-repair.ts'

describe('what jsonb cannot hold', () => {
  it('is a NUL or half a surrogate pair, as an escape', () => {
    expect(unrepresentable('{"a":"\\u0000"}')).toContain('\\u0000')
    expect(unrepresentable('{"a":"\\\\u0000"}')).toBeUndefined()
    expect(unrepresentable('{"a":"\\\\\\u0000"}')).toContain('\\u0000')
    expect(unrepresentable('{"a":"\\ud83d\\ude00"}')).toBeUndefined()
    expect(unrepresentable('{"a":"\\uD83D\\uD83D\\uDE00"}')).toContain('surrogate')
    expect(unrepresentable('{"a":"\\udc00"}')).toContain('surrogate')
  })

  it('is replaced in the readable form, and nothing else is', () => {
    expect(readableJson('{"id":12345678901234567890,"a":"\\u0000é\\ud83dx","b":[1e400000,184.10,1e-20000,"1e400000"]}')).toBe(
      '{"id":12345678901234567890,"a":"\\ufffdé\\ufffdx","b":[null,184.10,null,"1e400000"]}',
    )
    fc.assert(
      fc.property(fc.json(), json => {
        expect(JSON.parse(readableJson(json))).toEqual(JSON.parse(json))
      }),
    )
  })

  it('is nesting beyond the limit', () => {
    const nested = (depth: number) => `{"id":1,"a":${'['.repeat(depth - 1)}"[{"${']'.repeat(depth - 1)}}`
    expect(isTooDeep(nested(NESTING_LIMIT))).toBe(false)
    expect(isTooDeep(nested(NESTING_LIMIT + 1))).toBe(true)
    const readable = readableJson(nested(NESTING_LIMIT + 5))
    expect(JSON.parse(readable).id).toBe(1)
    expect(isTooDeep(readable)).toBe(false)
  })
})

describe('a record spoiled by NaN or Infinity', () => {
  it.each(['{"a":NaN}', '[-Infinity,Infinity]', 'NaN', '{"a":"\\"NaN","b":NaN}'])('%s is one', json => {
    expect(spoiledValue(json)).toBeDefined()
  })
  it.each(['{"a":"NaN"', '{"a":1NaN}', '{"a":NaN1}', '{"a":--Infinity}', '{NaN:1}', '{"a":nan}', '{"a":NaN'])('%s is none', json => {
    expect(spoiledValue(json)).toBeUndefined()
  })
})

it('shortens long strings that are sound, and no other', () => {
  const long = 'x'.repeat(70_000)
  const short = (json: string) => shortened(Buffer.from(json)).toString()
  expect(short(`{"a":"${long}","b":"é","c":["${long}\\n\\u0041\\""]}`)).toBe('{"a":"...","b":"é","c":["..."]}')
  for (const odd of ['\n', '\\x', '\\u0000', '\\ud83d', '\\u12']) expect(short(`["${long}${odd}"]`)).toBe(`["${long}${odd}"]`)
  expect(short(`{"a":"${long}`)).toBe(`{"a":"${long}`)
})
