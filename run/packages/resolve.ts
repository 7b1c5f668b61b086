import { join } from 'node:path'
import { type Place, ProjectError, ProjectErrors } from '../base/errors.ts'
import type { Yaml } from '../base/yaml.ts'
import { packagesOf, type WantedPackage, wantedPackages } from '../project/package-files.ts'
import { type Fetched, fetchPackage } from './fetch-package.ts'
import type { HubVersion } from './hub.ts'
import type { Locked } from './lock.ts'

/** A package to install, with what is known of it so far. */
export interface Resolved extends Locked {
  fetched?: Fetched
  hub?: HubVersion
}

/** The parameters of resolving packages. */
export interface Resolving {
  root: string
  /** A folder for downloads. */
  scratch: string
  hub: (name: string, ranges: string[], why: string) => Promise<HubVersion>
  render: (value: Yaml) => Yaml
}

/** A requested package, and who requests it. */
interface Wish extends WantedPackage {
  by: string
}

/**
 * All required packages, including dependencies of packages, each in one version that satisfies all requests. Throws where there is no such
 * version, or two packages have one name.
 */
export async function resolvePackages(wanted: WantedPackage[], resolving: Resolving): Promise<Resolved[]> {
  const wishes = new Map<string, Wish[]>()
  const found = new Map<string, { key: string; resolved: Resolved }>()
  let open = add(wanted.map(item => ({ ...item, by: 'the project' })))
  for (let round = 0; open.length > 0; round++) {
    if (round > 100) throw new ProjectError('Circular dependency between packages')
    const next: Wish[] = []
    for (const id of open) {
      const mine = wishes.get(id)!
      const key = JSON.stringify(mine.map(({ versions, revision }) => [versions, revision]))
      if (found.get(id)?.key === key) continue
      const { resolved, asks } = await resolveOne(mine, resolving, found.size)
      found.set(id, { key, resolved })
      next.push(...asks)
    }
    open = add(next)
  }
  const all = [...found.values()].map(({ resolved }) => resolved)
  refuseOneName(all)
  return all

  // Gives the ids of packages with new requests.
  function add(more: Wish[]): string[] {
    const changed = new Set<string>()
    for (const wish of more) {
      const id = `${wish.kind} ${wish.from.replace(/\.git$/, '')} ${wish.subdirectory ?? ''}`
      const known = wishes.get(id) ?? []
      if (known.some(({ by, versions }) => by === wish.by && versions.join() === wish.versions.join())) continue
      wishes.set(id, [...known, wish])
      changed.add(id)
    }
    return [...changed]
  }
}

async function resolveOne(
  wishes: Wish[],
  { root, scratch, hub, render }: Resolving,
  count: number,
): Promise<{ resolved: Resolved; asks: Wish[] }> {
  const [first] = wishes as [Wish]
  if (first.kind === 'package') {
    const ranges = [...new Set(wishes.flatMap(({ versions }) => versions))]
    const why = wishes.length > 1 ? ` (${wishes.map(({ by, versions }) => `${by} requires ${versions.join(', ')}`).join('; ')})` : ''
    const version = await at(first.place, () => hub(first.from, ranges, why))
    const asks = parsed(version.packages, `${first.from} ${version.version}`, first.place, render)
    return {
      resolved: { kind: 'package', from: first.from, written: first.written, exact: version.version, name: version.name, hub: version },
      asks,
    }
  }
  const revisions = [...new Set(wishes.flatMap(({ revision }) => revision ?? []))]
  if (revisions.length > 1)
    throw new ProjectError(`${first.written} is required at different revisions: ${revisions.join(', ')}`, {
      place: first.place,
      hint: wishes.map(({ by, revision }) => `${by} requires ${revision ?? 'none'}`).join('; '),
    })
  const { kind, from, written, subdirectory } = first
  const source = {
    kind,
    from,
    written,
    ...(subdirectory === undefined ? {} : { subdirectory }),
    ...(revisions[0] === undefined ? {} : { exact: revisions[0] }),
  }
  const fetched = await at(first.place, () => fetchPackage(root, source, join(scratch, `package-${count}`)))
  const errors: ProjectError[] = []
  const { wanted } = wantedPackages(fetched.folder, errors, render)
  if (errors.length > 0) throw new ProjectErrors(errors.map(error => within(error, fetched.name, first.place)))
  const exact = fetched.exact ?? source.exact
  const resolved = { ...source, ...(exact === undefined ? {} : { exact }), name: fetched.name, fetched }
  return { resolved, asks: wanted.map(item => ({ ...item, by: fetched.name, place: first.place })) }
}

function parsed(packages: unknown[], by: string, place: Place, render: (value: Yaml) => Yaml): Wish[] {
  const errors: ProjectError[] = []
  const wanted = packagesOf(packages as Yaml[], () => place, errors, render)
  if (errors.length > 0) throw new ProjectErrors(errors.map(error => within(error, by, place)))
  return wanted.map(item => ({ ...item, by }))
}

function within({ message, hint }: ProjectError, name: string, place: Place): ProjectError {
  return new ProjectError(`In the packages of ${name}: ${message}`, { place, hint })
}

async function at<T>(place: Place, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ProjectError) || error.place) throw error
    throw new ProjectError(error.message, { place, hint: error.hint })
  }
}

function refuseOneName(all: Resolved[]): void {
  for (const [index, one] of all.entries()) {
    const other = all.slice(0, index).find(({ name }) => name === one.name)
    if (other)
      throw new ProjectError(`Two packages are called '${one.name}': ${other.written ?? other.from} and ${one.written ?? one.from}`, {
        hint: 'Require it in one way only, the one that the other packages use.',
      })
  }
}
