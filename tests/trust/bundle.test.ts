import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectDir } from '../pipeline/database.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'

const folder = join(projectDir, 'node_modules/.cache/deskledger')
const kept = () => readdirSync(folder).sort()

let copy: ProjectCopy
beforeAll(() => {
  copy = copyProject()
})
afterAll(() => copy.remove())

const help = async () => (await copy.run('', '--help')).stdout

it('the program is kept as one file, with what V8 compiled, and made again when a module changes', async () => {
  const first = await help()
  expect(first).toContain('Loads the feed')
  const made = kept()
  expect(made.some(name => name.endsWith('.cjs') && made.includes(`${name}.v8`))).toBe(true)
  for (const name of made.filter(one => one.endsWith('.cjs')))
    expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/\bimport\(['"]/)
  expect(await help()).toBe(first)
  expect(kept()).toEqual(made)

  const module = copy.file('run/cli/program.ts')
  writeFileSync(module, readFileSync(module, 'utf8').replace('Loads the feed', 'Loads a feed'))
  expect(await help()).toContain('Loads a feed')
  expect(kept()).not.toEqual(made)
})

it('a module that cannot be bundled is told as it is without', async () => {
  const module = copy.file('run/cli/program.ts')
  writeFileSync(module, `${readFileSync(module, 'utf8')}\nlet let = 1\n`)
  const { code, stderr } = await copy.run('', '--help')
  expect(code).not.toBe(0)
  expect(stderr).toContain('program.ts')
})

it('what is broken there is passed over', async () => {
  const before = kept()
  const other = copyProject()
  try {
    expect((await other.run('', '--help')).stdout).toContain('Loads the feed')
    for (const name of kept().filter(one => !before.includes(one) && one.endsWith('.v8'))) writeFileSync(join(folder, name), 'nonsense')
    expect((await other.run('', '--help')).stdout).toContain('Loads the feed')
  } finally {
    other.remove()
  }
})
