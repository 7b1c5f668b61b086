import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { filesIn } from '../base/files.ts'
import { ignoredBy } from './dbt-ignore.ts'

/** A file of the project with the path of its folder setting: `models/core/agents.sql` lies in `models`. */
export interface SourceFile {
  /** Relative to the project. */
  file: string
  /** Relative to the folder of the setting: `core/agents.sql`. */
  within: string
  text: string
}

/** Reads folders, each listed once; names are relative to the project and sorted, so that nothing depends on the file system's order. */
export interface FolderReader {
  read(folder: string, wanted: (name: string) => boolean): SourceFile[]
  list(folder: string, wanted: (name: string) => boolean): string[]
  /** All that were looked through, absolute. */
  folders(): string[]
  /** The same for a project or package (its folder, absolute) without what its .dbtignore leaves out. */
  within(base: string): FolderReader
}

/** A reader for a project; texts are kept for code frames, a file that is not UTF-8 goes to `errors`. */
export function createFolderReader(root: string, texts: Map<string, string>, errors: ProjectError[]): FolderReader {
  const listed = new Map<string, string[]>()
  return reader(() => false)

  function reader(isIgnored: (file: string) => boolean): FolderReader {
    return { read, list, folders: () => [...listed.keys()], within }

    // Synchronous: hundreds of small files are read several times faster so.
    function read(folder: string, wanted: (name: string) => boolean): SourceFile[] {
      return list(folder, wanted).map(file => {
        const bytes = readFileSync(join(root, file))
        if (!isUtf8(bytes)) errors.push(new ProjectError('This file is not UTF-8', { place: { file }, hint: 'Save it as UTF-8.' }))
        const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
        texts.set(file, text)
        return { file, within: relative(relative(root, folder), file), text }
      })
    }

    function list(folder: string, wanted: (name: string) => boolean): string[] {
      let files = listed.get(folder)
      if (!files) {
        files = filesIn(folder)
          .map(file => relative(root, file))
          .sort()
        listed.set(folder, files)
      }
      return files.filter(file => wanted(basename(file)) && !basename(file).startsWith('.') && !isIgnored(file))
    }
  }

  function within(base: string): FolderReader {
    const file = join(base, '.dbtignore')
    if (!existsSync(file)) return reader(() => false)
    const isIgnored = ignoredBy(readFileSync(file, 'utf8'))
    const start = relative(root, base)
    return reader(path => isIgnored(relative(start, path)))
  }
}
