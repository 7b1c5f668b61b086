import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, it } from 'vitest'
import { projectDir } from './database.ts'

const cli = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', path.join(projectDir, 'run.ts'), ...args], { cwd: projectDir, encoding: 'utf8' })

it.each([
  [['build', '--empty'], 'not supported: --empty. Use `compile` or `plan`'],
  [['ls', '--selector', 'nightly'], "There is no selector 'nightly'\n  → Write it in selectors.yml, beside dbt_project.yml."],
  [['plan', '--defer'], 'not supported: --defer. Use a database that has the parents'],
  [['clone', '--full-refresh'], 'not supported: clone. Use '],
])('%j says what to do instead, and leaves with 2', (args, message) => {
  const { status, stderr } = cli(...args)
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
})

it('options of dbt that have nothing to switch here are taken', () => {
  const { status, stdout } = cli(
    'ls',
    '--threads',
    '8',
    '--no-partial-parse',
    '--select',
    'core',
    '--resource-type',
    'model',
    '--output',
    'name',
  )
  expect([status, stdout]).toEqual([0, expect.stringContaining('agents')])
})

it('options may stand before the command', () => {
  const { status, stdout } = cli('--no-partial-parse', '--log-format', 'text', '--threads=3', 'ls', '--select', 'agents')
  expect([status, stdout]).toEqual([0, expect.stringContaining('agents')])
})
