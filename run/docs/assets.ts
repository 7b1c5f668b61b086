import { existsSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { isWithin } from '../base/files.ts'
import { placeOf } from '../base/yaml.ts'
import type { Settings } from '../project/settings.ts'

/** Copies the folders of asset-paths to the same names in the target folder, and replaces what was there. */
export async function copyAssets(
  dir: string,
  { assetPaths, written }: Pick<Settings, 'assetPaths' | 'written'>,
  targetPath: string,
): Promise<void> {
  for (const name of assetPaths) {
    const [from, to] = [path.resolve(dir, name), path.resolve(targetPath, name)]
    // Copying over itself would destroy the source or never end.
    const isWrong =
      !isWithin(from, dir) || to === targetPath || !isWithin(to, targetPath) || isWithin(targetPath, from) || isWithin(from, targetPath)
    if (isWrong)
      throw new ProjectError(`'${name}' of asset-paths cannot be copied into the target folder`, {
        place: placeOf(written, 'asset-paths'),
        hint: 'Name a folder inside the project and outside the target folder.',
      })
    if (!existsSync(from)) continue
    await rm(to, { recursive: true, force: true })
    await cp(from, to, { recursive: true, dereference: true })
  }
}
