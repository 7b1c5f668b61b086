import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { isWithin } from '../base/files.ts'
import { placeOf } from '../base/yaml.ts'
import type { Command } from '../cli/command.ts'
import { loadProject } from '../project/files.ts'
import type { Settings } from '../project/settings.ts'

/** clean: removes the folders of clean-targets, by default those of artifacts and logs; never the database. */
export async function cleanCommand({ options, report }: Command): Promise<number> {
  const { dir, settings } = await loadProject(options.projectDir)
  const names = settings.cleanTargets ?? [options.targetPath ?? settings.targetPath, 'logs']
  const folders = names.map(name => [name, path.resolve(dir, name)] as const)
  for (const [name, folder] of folders) refuseWrong(name, folder, dir, settings)
  for (const [name, folder] of folders) {
    if (!existsSync(folder)) continue
    await rm(folder, { recursive: true, force: true })
    report.note(`Removed ${name}`)
  }
  return 0
}

// Throws, before anything is removed, for a folder outside of the project or one that holds sources.
function refuseWrong(name: string, folder: string, dir: string, settings: Settings): void {
  const place = placeOf(settings.written, 'clean-targets')
  const context = place ? { place } : {}
  if (folder === dir || !isWithin(folder, dir)) throw new ProjectError(`${name} is not inside the project, so it is not removed`, context)
  const { modelPaths, seedPaths, testPaths, macroPaths, docsPaths, snapshotPaths, analysisPaths, functionPaths } = settings
  const sources = [modelPaths, seedPaths, testPaths, macroPaths, docsPaths, snapshotPaths, analysisPaths, functionPaths].flat()
  const held = sources.find(source => isWithin(path.resolve(dir, source), folder) || isWithin(folder, path.resolve(dir, source)))
  if (held !== undefined) throw new ProjectError(`${name} contains sources of the project (${held}), so it is not removed`, context)
}
