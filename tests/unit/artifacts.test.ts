import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { compiledPath, runResults, writeCompiled } from '../../run/artifacts/run-results.ts'
import { empty } from '../../run/manifest/result.ts'
import { projectOf } from './fixture.ts'

afterEach(() => vi.unstubAllEnvs())

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

it('run_results.json has no ephemeral model, unless it failed, as dbt has it', async () => {
  const project = await projectOf({
    'models/e.sql': "{{ config(materialized='ephemeral') }} select 1 as id",
    'models/m.sql': 'select 1 as id',
  })
  const idsOf = (status: 'success' | 'error' | 'skipped') => {
    const results = [...project.nodes.values()].map(node => ({ ...empty(node), status }))
    const invocation = { command: 'run', args: {}, elapsedSeconds: 0 }
    return (runResults(project, results, invocation) as { results: { unique_id: string }[] }).results.map(({ unique_id }) => unique_id)
  }
  expect(idsOf('success')).toEqual(['model.desk.m'])
  expect(idsOf('skipped')).toEqual(['model.desk.m'])
  expect(idsOf('error')).toEqual(['model.desk.e', 'model.desk.m'])
})

it('metadata keeps what the environment gives for it, as dbt does', async () => {
  vi.stubEnv('DBT_ENV_CUSTOM_ENV_team', 'finance')
  const project = await projectOf({ 'models/m.sql': 'select 1 as id' })
  expect(runResults(project, [], { command: 'run', args: {}, elapsedSeconds: 0 })).toMatchObject({ metadata: { env: { team: 'finance' } } })
})
