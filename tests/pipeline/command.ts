import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Command } from '../../run/cli/command.ts'
import type { Options } from '../../run/cli/options.ts'
import { feed } from '../../run/feed/extension.ts'
import { createReport } from '../../run/report/report.ts'
import { printedOn } from '../printed.ts'
import { projectDir } from './database.ts'

/** Runs a command in this process, on a database: gives its exit code and output. */
export async function perform(
  run: (command: Command, args: string[]) => Promise<number>,
  {
    url,
    dir,
    name = 'test',
    options = {},
    args = [],
  }: { url: string; dir: string; name?: string; options?: Partial<Options>; args?: string[] },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const report = createReport({ format: 'text', quiet: false, invocationId: 'test', stdout, stderr })
  const before = process.env.DATABASE_URL
  process.env.DATABASE_URL = url
  try {
    const command: Command = {
      name,
      options: { projectDir: dir, logFormat: 'text', ...options },
      report,
      extension: feed,
      signal: new AbortController().signal,
    }
    const code = await run(command, args).catch((error: unknown) => {
      report.fail(error)
      return 2
    })
    return { code, stdout: printedOn(stdout), stderr: printedOn(stderr) }
  } finally {
    if (before === undefined) delete process.env.DATABASE_URL
    else process.env.DATABASE_URL = before
  }
}

/** An artifact of a project. */
export function artifact<Form = Record<string, Record<string, Record<string, unknown>>>>(dir: string, name: string): Form {
  return JSON.parse(readFileSync(path.join(dir, 'target', name), 'utf8'))
}

const schemas = path.join(projectDir, '../shared/dbt-schemas')

/** Whether dbt's published schemas exist beside the project, which does not include them: tests that need them are skipped otherwise. */
export const hasSchemas = existsSync(schemas)

/** The first few violations of dbt's published schema in an artifact. */
export function schemaProblems(schema: string, value: unknown): unknown[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.validate(JSON.parse(readFileSync(path.join(schemas, schema), 'utf8')), value)
  return (ajv.errors ?? []).slice(0, 5).map(({ instancePath, message, params }) => ({ instancePath, message, params }))
}
