import path from 'node:path'
import { watch } from 'chokidar'
import { isWithin } from '../base/files.ts'
import type { Settings } from '../project/settings.ts'

/**
 * Reports saved, added and removed files of a project, together, after a moment without further events: editors write in several steps, and
 * some by renaming.
 */
export async function watchFiles(dir: string, settings: Settings, onSaved: (files: string[]) => void): Promise<{ close(): Promise<void> }> {
  const { modelPaths, seedPaths, testPaths, macroPaths, docsPaths, snapshotPaths } = settings
  const folders = [...modelPaths, ...seedPaths, ...testPaths, ...macroPaths, ...docsPaths, ...snapshotPaths].map(path.normalize)
  const saved = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  // Watches the folder itself, as a folder of models may be added later; ignores other files in it.
  const watcher = watch(dir, {
    ignoreInitial: true,
    ignored: (file, stats) => {
      const within = path.relative(dir, file)
      if (within === '' || within === 'dbt_project.yml') return false
      const isOurs = folders.some(folder => isWithin(within, folder) || isWithin(folder, within))
      return !isOurs || (stats?.isFile() === true && !/^[^.#].*\.(sql|csv|ya?ml|md|json)$/.test(path.basename(file)))
    },
  })
  watcher.on('all', (event, file) => {
    if (event === 'addDir' || event === 'unlinkDir') return
    saved.add(path.relative(dir, file))
    clearTimeout(timer)
    timer = setTimeout(() => {
      const files = [...saved].sort()
      saved.clear()
      onSaved(files)
    }, quiet)
  })
  // A file may vanish while it is watched.
  watcher.on('error', () => {})
  await new Promise<void>(resolve => watcher.once('ready', () => resolve()))
  return {
    close: async () => {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}

/** In milliseconds. */
const quiet = 50
