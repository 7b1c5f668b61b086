import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDir } from '../pipeline/database.ts'

/** A copy of the project with its runner and declarations, which a test may change; without unit tests. */
export interface ProjectCopy {
  /** The path of a file of the copy. */
  file(name: string): string
  /** Runs the copy's own runner on a database. */
  run(url: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>
  remove(): void
}

/** Copies the project into a temporary folder. */
export function copyProject(): ProjectCopy {
  const dir = mkdtempSync(join(tmpdir(), 'deskledger-copy-'))
  const file = (name: string) => join(dir, name)
  for (const name of ['dbt_project.yml', 'run.ts', 'run', 'loaders', 'models', 'macros', 'migrations', 'seeds', 'tests/data'])
    cpSync(join(projectDir, name), file(name), { recursive: true, filter: source => !source.endsWith('_unit_tests.yml') })
  for (const name of ['node_modules', 'package.json', 'tsconfig.json']) symlinkSync(join(projectDir, name), file(name))
  return { file, run, remove: () => rmSync(dir, { recursive: true, force: true }) }

  function run(url: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { ...process.env, DATABASE_URL: url, NO_COLOR: '1' }
    return new Promise(resolve =>
      execFile(process.execPath, ['--import', 'tsx', 'run.ts', ...words], { cwd: dir, env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 2) : 0, stdout, stderr }),
      ),
    )
  }
}
