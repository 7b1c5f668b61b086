import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { mannerOf, styleFaults } from './house/style.ts'
import { textFaultsIn } from './house/texts.ts'
import { wrapComments } from './house/wrap.ts'

it('npm run check names long files, long functions, long comments and messages in the old manner, with their places', () => {
  const root = mkdtempSync(join(tmpdir(), 'deskledger-house-'))
  try {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    write('tsconfig.json', '{"compilerOptions": {"module": "NodeNext"}, "include": ["run", "tests"]}')
    write('run/base/long.ts', 'export const a = 1\n'.repeat(351))
    write('run/base/big.ts', `// The first.\n\n/** It does much. */\nexport function big() {\n${'  one()\n'.repeat(79)}}\n`)
    write('run/base/fits.ts', `export function fits() {\n${'  one()\n'.repeat(78)}}\n`)
    write('run/base/wide.ts', `// ${'x'.repeat(138)}\nexport const a = 'This is no CSV'\n`)
    write('tests/a.test.ts', `it('is no model', () => {\n${'  one()\n'.repeat(90)}})\n`)
    expect(styleFaults(root, ['tsconfig.json']).sort()).toEqual([
      'run/base/big.ts:4 big has 81 lines, more than 80: divide it',
      'run/base/long.ts:1 has 351 lines, more than 350: divide it',
      'run/base/wide.ts:1 is a comment of 141 columns, more than 140',
      expect.stringContaining("run/base/wide.ts:2 says 'This is no' in 'This is no CSV'"),
    ])
  } finally {
    rmSync(root, { recursive: true })
  }
})

it.each(["'x' is no key of a model", 'This is no CSV', 'agents whom it does not list', 'a.csv is passed over', 'too old (R27)'])(
  '%j is the old manner',
  text => expect(mannerOf(text)).toBeDefined(),
)

it.each(["Unknown key 'x' in a model", 'Invalid CSV', 'There is no folder data', 'is no longer there', 'a.csv is skipped', 'ERR27'])(
  '%j is plain',
  text => expect(mannerOf(text)).toBeUndefined(),
)

it('faults of SQL, YAML and Markdown have their places', () => {
  const faults = (path: string, text: string) => textFaultsIn(path, text, link => link === 'there.md')
  expect(faults('models/a.sql', `select 1 \n\tas a\n-- ${'x'.repeat(118)}`)).toEqual([
    'models/a.sql:3 does not end with a line end',
    'models/a.sql:1 ends with blanks',
    'models/a.sql:2 is indented with a tab',
    'models/a.sql:3 has 121 columns, more than 120',
  ])
  expect(faults('models/a.yml', 'a: 1\nb: [1\nc: 2\n')).toEqual([expect.stringMatching(/^models\/a\.yml:\d /)])
  expect(faults('docs/a.md', '[a](there.md#part) [b](gone.md) `[c](code.md)` <https://a.example>\n')).toEqual([
    'docs/a.md:1 links to gone.md, which is not there',
  ])
  expect(faults('data/a.json', 'x \n')).toEqual([])
})

it('npm run check -- --fix breaks wide comments, and nothing else', () => {
  const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ')
  const code = `const a = '${words(40)}'`
  expect(wrapComments(`  /** ${words(30)} */\n${code}`)).toBe(`  /**\n   * ${words(27)}\n   * ${words(3)}\n   */\n${code}`)
  expect(wrapComments(`// ${words(28)}\n// and on.\n// Next.`)).toBe(`// ${words(27)}\n// word and on.\n// Next.`)
  const directive = `// biome-ignore lint: ${words(40)}`
  expect(wrapComments(directive)).toBe(directive)
})
