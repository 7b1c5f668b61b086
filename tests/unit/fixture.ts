import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { formatProblem } from '../../run/base/codeframe.ts'
import { ProjectError, ProjectErrors } from '../../run/base/errors.ts'
import type { Node, Project } from '../../run/manifest/node.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import type { LoadOptions } from '../../run/project/project-files.ts'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder with these files; `dbt_project.yml` is `name: desk` unless given. Removed after the test. */
export function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-project-'))
  folders.push(folder)
  for (const [path, text] of Object.entries({ 'dbt_project.yml': 'name: desk\n', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** A parsed project of these files. */
export async function projectOf(files: Record<string, string>, options: LoadOptions = {}): Promise<Project> {
  return parseProject(await loadProject(folderOf(files), { env: {}, ...options }))
}

/** The mistakes of reading and parsing these files, each as `file:line:column: message → hint`. */
export async function mistakesOf(files: Record<string, string>, options: LoadOptions = {}): Promise<string[]> {
  try {
    await projectOf(files, options)
  } catch (error) {
    const errors = error instanceof ProjectErrors ? error.errors : error instanceof ProjectError ? [error] : undefined
    if (!errors) throw error
    return errors.map(one => formatProblem(one, () => undefined).replaceAll('\n  → ', ' → '))
  }
  return []
}

/** The same; without mistakes the warnings. */
export async function toldOf(files: Record<string, string>, options: LoadOptions = {}): Promise<string[]> {
  const mistakes = await mistakesOf(files, options)
  if (mistakes.length > 0) return mistakes
  const { warnings } = await projectOf(files, options)
  return warnings.map(({ message, place, hint }) => {
    const error = new ProjectError(message, { place, hint })
    return formatProblem(error, () => undefined).replaceAll('\n  → ', ' → ')
  })
}

/** A node by the end of its unique id: `model.desk.a`, or only its name. */
export function nodeOf(project: Project, name: string): Node {
  const found = [...project.nodes.values(), ...project.sources.values()].find(node => node.uniqueId === name || node.name === name)
  if (!found) throw new Error(`no node ${name}: ${[...project.nodes.keys()]}`)
  return found
}
