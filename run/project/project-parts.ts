import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { useInstead } from '../base/suggest.ts'
import { readYaml } from '../base/yaml.ts'
import type { FolderReader } from './folder-reader.ts'
import type { ProjectFiles } from './project-files.ts'
import { readProperties } from './properties.ts'

/** Reads all files on the paths of a project or package into `files`; `base` is its folder, absolute. */
export function readParts(files: ProjectFiles, base: string, all: FolderReader): void {
  const reader = all.within(base)
  readNodes(files, base, reader)
  readTests(files, base, reader)
  warnOfOthers(files, base, reader)
  readWords(files, base, reader)
}

function readNodes(files: ProjectFiles, base: string, { read, list }: FolderReader): void {
  const { modelPaths, seedPaths, macroPaths, snapshotPaths, analysisPaths } = files.settings
  for (const path of modelPaths) {
    files.models.push(...read(join(base, path), name => name.endsWith('.sql')))
    for (const python of list(join(base, path), name => name.endsWith('.py'))) refuse(files, python, 'Python models', 'a SQL model')
  }
  for (const path of seedPaths)
    for (const own of list(join(base, path), name => name.endsWith('.csv'))) {
      const stand = files.packageDir === '' ? files.options.seedFiles?.get(basename(own, '.csv')) : undefined
      const file = stand === undefined ? own : relative(files.dir, stand)
      const checksum = createHash('sha256')
        .update(stripped(readFileSync(join(files.dir, file))))
        .digest('hex')
      files.seeds.push({ file, within: relative(relative(files.dir, join(base, path)), own), checksum })
    }
  for (const path of macroPaths) files.macros.push(...read(join(base, path), name => name.endsWith('.sql')))
  for (const path of analysisPaths) files.analyses.push(...read(join(base, path), name => name.endsWith('.sql')))
  for (const path of snapshotPaths) files.snapshots.push(...read(join(base, path), name => name.endsWith('.sql')))
}

function readTests(files: ProjectFiles, base: string, reader: FolderReader): void {
  const { read } = reader
  for (const path of files.settings.testPaths) {
    const isDevelopers = developersFolders(join(base, path), reader)
    files.fixtures.push(...read(join(base, path, 'fixtures'), name => /\.(csv|sql)$/.test(name)))
    for (const found of read(join(base, path), name => name.endsWith('.sql'))) {
      if (found.within.startsWith('fixtures/')) continue
      if (found.within.startsWith('generic/')) files.macros.push(found)
      else if (!isDevelopers(found.within)) files.singularTests.push(found)
    }
  }
}

function warnOfOthers(files: ProjectFiles, base: string, { list }: FolderReader): void {
  if (files.packageDir !== '') return
  for (const path of files.settings.functionPaths)
    for (const file of list(join(base, path), name => /\.(sql|py)$/.test(name)))
      refuse(files, file, 'functions', 'a migration or an on-run-start that creates the function')
}

// Docs blocks and properties.
function readWords(files: ProjectFiles, base: string, reader: FolderReader): void {
  const { read } = reader
  const { modelPaths, seedPaths, testPaths, macroPaths, docsPaths, snapshotPaths, analysisPaths } = files.settings
  const isDevelopers = new Map(testPaths.map(path => [path, developersFolders(join(base, path), reader)]))
  for (const path of new Set(
    docsPaths.length > 0 ? docsPaths : [...modelPaths, ...seedPaths, ...snapshotPaths, ...macroPaths, ...testPaths, ...analysisPaths],
  ))
    files.docs.push(...read(join(base, path), name => name.endsWith('.md')))
  for (const path of modelPaths) files.markdown.push(...read(join(base, path), name => name.endsWith('.md')))
  for (const path of new Set([...modelPaths, ...seedPaths, ...snapshotPaths, ...testPaths, ...macroPaths, ...analysisPaths]))
    for (const found of read(join(base, path), name => /\.ya?ml$/.test(name))) {
      if (isDevelopers.get(path)?.(found.within)) continue
      files.propertyFiles.set(found.file, found.within)
      readProperties(readYaml(found.text, found.file, files.errors), found.file, files.properties, files.errors, files.warnings)
    }
}

// Excludes folders of test-paths with tests in TypeScript, which are not dbt's.
function developersFolders(folder: string, { list }: FolderReader): (within: string) => boolean {
  const tests = list(folder, name => name.endsWith('.test.ts')).map(file => file.slice(file.indexOf('/') + 1))
  const folders = new Set(tests.map(file => file.slice(0, file.indexOf('/') + 1)).filter(Boolean))
  return within => folders.has(within.slice(0, within.indexOf('/') + 1))
}

function refuse({ errors }: ProjectFiles, file: string, what: string, instead: string): void {
  errors.push(new ProjectError(`not supported: ${what}`, { place: { file, line: 1 }, hint: useInstead(instead) }))
}

// The content that dbt hashes: without blanks at both ends.
function stripped(bytes: Buffer): Buffer {
  const isBlank = (byte: number | undefined) => byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13))
  let [start, end] = [0, bytes.length]
  while (start < end && isBlank(bytes[start])) start++
  while (end > start && isBlank(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}
