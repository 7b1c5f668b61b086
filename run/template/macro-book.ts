import type { Macro } from '../manifest/node.ts'
import { RUNNER_PACKAGE } from '../manifest/node.ts'
import type { World } from './rendering.ts'

/** Macros by name: the project's own, the runner's, and each package's. */
export interface MacroBook {
  own: Map<string, Macro>
  runner: Map<string, Macro>
  packages: Map<string, Map<string, Macro>>
}

/** The macros of a world by name. */
export function macroBook(world: Pick<World, 'macros' | 'name'>): MacroBook {
  let book = books.get(world.macros)
  if (!book) {
    const packages = new Map<string, Map<string, Macro>>([
      [world.name, new Map()],
      [RUNNER_PACKAGE, new Map()],
    ])
    for (const macro of world.macros.values()) {
      const own = packages.get(macro.packageName) ?? new Map<string, Macro>()
      own.set(macro.name, macro)
      packages.set(macro.packageName, own)
    }
    book = { own: packages.get(world.name)!, runner: packages.get(RUNNER_PACKAGE)!, packages }
    books.set(world.macros, book)
  }
  return book
}

/** A macro by `name` or `package.name`, as for run-operation; the project's own take precedence over the runner's. */
export function macroNamed(book: MacroBook, name: string): Macro | undefined {
  const dot = name.indexOf('.')
  if (dot > 0) return book.packages.get(name.slice(0, dot))?.get(name.slice(dot + 1))
  return book.own.get(name) ?? book.runner.get(name)
}

/** The names that macroNamed() accepts, for "did you mean". */
export function macroNames({ own, runner, packages }: MacroBook): string[] {
  return [...own.keys(), ...runner.keys(), ...[...packages].flatMap(([pack, macros]) => [...macros.keys()].map(name => `${pack}.${name}`))]
}

/**
 * The macro of adapter.dispatch(name, namespace): in each package of the search order its form for PostgreSQL before its default. The order
 * is that of `dispatch:` in dbt_project.yml, else the project and then the namespace; without a namespace it is the search order of bare
 * names.
 */
export function dispatchedMacro(
  world: Pick<World, 'macros' | 'name' | 'dispatch'>,
  from: string,
  name: string,
  namespace: string | undefined,
): { found?: Macro; sought: string[] } {
  const { packages } = macroBook(world)
  const order = namespace === undefined ? [from, world.name, RUNNER_PACKAGE] : (world.dispatch.get(namespace) ?? [world.name, namespace])
  const sought: string[] = []
  for (const pack of new Set(order.map(one => (one === 'dbt_postgres' ? RUNNER_PACKAGE : one))))
    for (const prefix of ['postgres', 'default']) {
      sought.push(`${pack}.${prefix}__${name}`)
      // Our macros have only one form, under the bare name.
      const bare = pack === RUNNER_PACKAGE && prefix === 'default' ? packages.get(pack)?.get(name) : undefined
      const found = packages.get(pack)?.get(`${prefix}__${name}`) ?? bare
      if (found) return { found, sought }
    }
  return { sought }
}

/** The macro that dbt would call instead of its own of that name: the project's, or a package's by `dispatch:` alone. */
export function overridingMacro(world: Pick<World, 'macros' | 'name' | 'dispatch'>, name: string): Macro | undefined {
  const { found } = dispatchedMacro(world, RUNNER_PACKAGE, name, 'dbt')
  return macroBook(world).own.get(name) ?? (found?.packageName === RUNNER_PACKAGE ? undefined : found)
}

/** The macro that stands in for a method of the adapter: the project's, a package's of that name, or a package's by `dispatch:`. */
export function standInMacro(world: Pick<World, 'macros' | 'name' | 'dispatch'>, name: string): Macro | undefined {
  const { own, packages } = macroBook(world)
  const inPackages = [...packages].filter(([pack]) => pack !== RUNNER_PACKAGE).map(([, macros]) => macros.get(name))
  return own.get(name) ?? inPackages.find(Boolean) ?? overridingMacro(world, name)
}

const books = new WeakMap<Map<string, Macro>, MacroBook>()
