import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { readJson } from '../base/json-text.ts'
import type { Previous } from '../graph/selection.ts'
import type { Project } from '../manifest/node.ts'
import type { Options } from './options.ts'

// The artifacts of an earlier run, for state: and result:.
export async function previousOf(
  { state, select, exclude }: Options,
  targetPath: string,
  { selectors }: Project,
): Promise<Previous | undefined> {
  const isAsked = [...(select ?? []), ...(exclude ?? [])].some(term => /(^|[+@,])\d*(state|result|source_status):/.test(term))
  const isDefined = /"(term":"[@+\d]*)(state|result|source_status)[.:]/.test(JSON.stringify([...selectors.values()]))
  if (!state && !isAsked && !isDefined) return undefined
  const folder = state ? path.resolve(state) : targetPath
  if (state && !existsSync(folder)) throw new ProjectError(`--state names ${state}, but there is no such folder`)
  const read = (name: string, from = folder) => readArtifact(from, name, state ?? targetPath)
  const [manifest, runResults] = [await read('manifest.json'), await read('run_results.json')]
  return { manifest, runResults, sources: await read('sources.json'), currentSources: await read('sources.json', targetPath) }
}

/** An artifact in a folder; undefined where there is none. `named` is the folder as messages show it. */
export async function readArtifact(folder: string, name: string, named: string): Promise<unknown> {
  const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined)
  const hint = 'Run the command that writes it again, or name another folder with --state.'
  return text === undefined ? undefined : readJson(text, path.join(named, name), hint)
}
