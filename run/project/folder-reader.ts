import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { filesIn } from '../base/files.ts'
import { ignoredBy } from './dbt-ignore.ts'

/** A file of the project, with the path within its folder setting: `models/core/agents.sql` is in `models`. */
export interface SourceFile {
  /** Relative to the project. */
  file: string
  /** Relative to the folder of the setting: `core/agents.sql`. */
  within: string
  text: string
}

/** Reads folders, each listed once; names are relative to the project, and sorted to be independent of the file system. */
export interface FolderReader {
  read(folder: string, wanted: (name: string) => boolean): SourceFile[]
  list(folder: string, wanted: (name: string) => boolean): string[]
  /** All searched folders, absolute. */
  folders(): string[]
  /** A reader for a project or package (its folder, absolute) that excludes the files of its .dbtignore. */
  within(base: string): FolderReader
}

/** A reader for a project; keeps texts for code frames, and reports files that are not UTF-8 to `errors`. */
export function createFolderReader(root: string, texts: Map<string, string>, errors: ProjectError[]): FolderReader {
  const listed = new Map<string, string[]>()
  return reader(() => false)

  function reader(isIgnored: (file: string) => boolean): FolderReader {
    return { read, list, folders: () => [...listed.keys()], within }

    // Synchronous, which is several times faster for hundreds of small files.
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
