import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { parse } from 'yaml'
import { commitOf } from './machine.ts'
import { makeVenv } from './peers/venv.ts'
import { compareProject, type DbtProject } from './projects/compare.ts'
import type { ProjectsResult } from './projects-text.ts'
import { rewrite } from './record.ts'
import { projectDir, withSite } from './site.ts'

const { dbt, out, only, note } = new Command('bench:projects')
  .description('Builds dbt projects of others with dbt and with ours, compares all that came of it, and writes bench/RESULTS.md.')
  .argument(
    '<list>',
    'YAML: a list of { project, commit, folder, env }; the folder is taken as it is, beside the list unless it is absolute',
  )
  .option('--dbt <program>', 'an installed dbt (default: pip installs one for the time being)')
  .option('--only <words...>', 'only projects whose name has one of them; the others stay as they were measured')
  .option('--note <text>', 'what else a reader of the figures must know')
  .option('--out <folder>', 'where projects.json and RESULTS.md are', join(projectDir, 'bench'))
  .parse()
  .opts<{ dbt?: string; out: string; only?: string[]; note?: string }>()
const list = resolve(process.argv[2] ?? '')

try {
  await withSite(2, async site => {
    const venv = dbt ? { dbt, versions: '' } : await makeVenv(site)
    if (typeof venv === 'string') throw new Error(venv)
    const { stdout } = await site.program(venv.dbt, ['--version'], {}, site.dir)
    const found = [...stdout.matchAll(/- (installed|postgres): +(\S+)/g)].map(([, name, version]) => `${name} ${version}`)
    const versions = found.join(', ').replace('installed', 'dbt-core').replace('postgres', 'dbt-postgres')
    const file = join(out, 'projects.json')
    for (const project of parse(readFileSync(list, 'utf8')) as DbtProject[]) {
      if (only && !only.some(word => project.project.includes(word))) continue
      const folder = resolve(dirname(list), project.folder)
      const compared = await compareProject(site, venv.dbt, { ...project, folder })
      const results = new Map((read(file)?.projects ?? []).map(one => [one.project, one])).set(project.project, compared)
      const result: ProjectsResult = {
        versions: `${versions}, PostgreSQL ${site.postgres}`,
        projects: [...results.values()],
        date: new Date().toISOString(),
        commit: commitOf(projectDir),
        ...(note ? { note } : {}),
      }
      mkdirSync(out, { recursive: true })
      writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
      rewrite(out)
    }
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

function read(file: string): ProjectsResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProjectsResult
  } catch {
    return undefined
  }
}
