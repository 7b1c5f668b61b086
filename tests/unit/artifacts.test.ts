import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compiledPath, writeCompiled } from '../../run/artifacts/run-results.ts'
import { projectOf } from './fixture.ts'

it('writes compiled SQL where it differs, and leaves what stands there already', async () => {
  const project = await projectOf({ 'dbt_project.yml': 'name: desk\n', 'models/core/a.sql': 'select 1 as id' })
  const node = [...project.nodes.values()][0]!
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-artifacts-'))
  const file = join(folder, compiledPath(node))
  try {
    writeCompiled(folder, node, 'select 1')
    utimesSync(file, 0, 0)
    writeCompiled(folder, node, 'select 1')
    expect(statSync(file).mtimeMs).toBe(0)
    writeCompiled(folder, node, 'select 2')
    expect(readFileSync(file, 'utf8')).toBe('select 2\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
