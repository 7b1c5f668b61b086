import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { declarationOf, declaredEntities, fieldTypes, mistakesIn } from '../../loaders/declaration.ts'
import { formatProblem } from '../../run/base/codeframe.ts'

describe('the declarations', () => {
  it('have no mistakes', () => expect(mistakesIn(join(import.meta.dirname, '../../loaders/entities'))).toEqual([]))

  it('say what each field is, and nothing twice', () => {
    for (const entity of declaredEntities()) {
      const { fields, sent } = declarationOf(entity)
      expect(fields.length, entity).toBeGreaterThan(2)
      for (const { column, description, path, type } of fields) {
        expect(description, column).toMatch(/\.$/)
        expect(Object.keys(fieldTypes)).toContain(type)
        if (path.length === 1) expect([...sent.keys()], `${entity}.${column}`).not.toContain(path[0])
      }
    }
  })
})

describe('a mistake in a declaration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-declaration-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    [
      'an unknown type',
      'name: { path: name, type: txt, description: "Name." }',
      ["Unknown type 'txt' of a field", 'pet.yml:5:29', '                            ^', "Did you mean 'text'?"],
    ],
    [
      'a path twice',
      'name: { path: id, type: text, description: "Name." }',
      ["The path 'id' is already used by the column 'pet_id'", 'pet.yml:5:3', '  ^', 'Keep one of them.'],
    ],
    [
      'a word that is no key',
      'name: { path: name, type: text, descripton: "Name." }',
      ["Unknown key 'descripton' in a field", "Did you mean 'description'?"],
    ],
    ['no path', 'name: { type: text, description: "Name." }', ["The field 'name' needs a path"]],
    [
      'a name that is no column',
      'Full Name: { path: name, type: text, description: "Name." }',
      ["Invalid column name 'Full Name'", 'pet.yml:5:3'],
    ],
    ['no description', 'name: { path: name, type: text }', ["The field 'name' has no description", 'Describe its contents in a sentence.']],
    ['a text in place of a field', 'name: text', ["The field 'name' must be a mapping with path, type and description"]],
  ])('%s is shown where it stands, with the next step', (_, line, expected) => {
    const text = `# A pet.\nlists: [pets]\nfields:\n  pet_id: { path: id, type: id, required: true, description: "Its id." }\n  ${line}\n`
    writeFileSync(join(folder, 'pet.yml'), text)
    const [mistake, ...others] = mistakesIn(folder)
    expect(others.length).toBeLessThan(2)
    const printed = formatProblem(mistake!, () => text)
    for (const part of expected) expect(printed).toContain(part)
  })

  it('a record without a key is shown at its fields', () => {
    const text = 'lists: [pets]\nfields:\n  name: { path: name, type: text, description: "Name." }\n'
    writeFileSync(join(folder, 'pet.yml'), text)
    expect(formatProblem(mistakesIn(folder)[0]!, () => text)).toContain('No field at the top is required')
    expect(readFileSync(join(folder, 'pet.yml'), 'utf8')).toBe(text)
  })
})
