import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { foldedName, lowerCase } from './rules/users.ts'

/** R29 for names, implemented independently: the same on every server, whatever the collation of its databases. */
describe('names and addresses, as they are compared', () => {
  let database: FreshDatabase
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())

  const folded = async (names: string[]) => {
    const rows = await database.sql<{ name: string; email: string }[]>`
      select coalesce(ops.folded_name(text), '') as name, ops.lower_case(text) as email
      from unnest(${names}::text[]) with ordinality as names (text, place) order by place`
    return rows.map(({ name, email }) => ({ name, email }))
  }

  it.each([
    ['José  Ñandú', 'jose nandu'],
    ['NANDU, JOSE', 'jose nandu'],
    ['Able, Ann, Jr', 'able, ann, jr'],
    ['ΓΙΏΡΓΟΣ', 'γιωργοσ'],
    ['γιώργος', 'γιωργοσ'],
    ['İNCE', 'ince'],
    ['STRAẞE', 'straße'],
    ['ﬁnn Ｍａｄｓｅｎ', 'finn madsen'],
    ['\u00a0Łukasz\u3000Wójcik ', 'łukasz wojcik'],
    ['Дмитрий Ёлкин', 'дмитрии елкин'],
    ['𝓐𝓷𝓷', 'ann'],
    [',', ''],
    ['\u0301', ''],
  ])('%s is %s', async (name, expected) => {
    expect(foldedName(name)).toBe(expected)
    expect((await folded([name]))[0]?.name).toBe(expected)
  })

  it('follow no collation: any text is folded alike here and there', async () => {
    const ranges = [
      [0x20, 0x58f],
      [0x10a0, 0x10ff],
      [0x13a0, 0x13ff],
      [0x1c80, 0x1cbf],
      [0x1d00, 0x218f],
      [0x24b6, 0x24e9],
      [0xfb00, 0xfb06],
      [0xfe20, 0xfe2f],
      [0xff00, 0xff5e],
      [0x10400, 0x1044f],
      [0x1d400, 0x1d7ff],
    ].map(([min, max]) => fc.integer({ min: min!, max: max! }).map(code => String.fromCodePoint(code)))
    const name = fc.array(fc.oneof(fc.constantFrom(' ', ',', '\t', 'ς', 'Σ', '\u0301'), ...ranges), { maxLength: 8 })
    const names = fc.array(
      name.map(characters => characters.join('')),
      { minLength: 200, maxLength: 400 },
    )
    await fc.assert(
      fc.asyncProperty(names, async texts => {
        expect(await folded(texts)).toEqual(texts.map(text => ({ name: foldedName(text), email: lowerCase(text) })))
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 3) },
    )
  })

  it('have every capital letter in lower case', async () => {
    const capitals = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter(code => code > 0 && (code < 0xd800 || code > 0xdfff))
      .map(code => String.fromCodePoint(code))
      .filter(character => character.toLowerCase() !== character)
    expect((await folded(capitals)).map(({ email }) => email)).toEqual(capitals.map(lowerCase))
  })
})
