import { ProjectError } from '../base/errors.ts'
import { unmetVersion } from '../base/versions.ts'
import { download } from './download.ts'
import { newestOf } from './versions.ts'

/** The hub's data about one version of a package. */
export interface HubVersion {
  version: string
  /** The name in its dbt_project.yml. */
  name: string
  tarball: string
  /** Its own dependencies, as in packages.yml. */
  packages: unknown[]
}

/** Queries a hub (DBT_PACKAGE_HUB_URL, else dbt's own), once per package. */
export function hubOf(env: Record<string, string | undefined>): (name: string, ranges: string[], why: string) => Promise<HubVersion> {
  const base = (env.DBT_PACKAGE_HUB_URL || 'https://hub.getdbt.com/').replace(/\/?$/, '/')
  const known = new Map<string, Promise<Record<string, Entry>>>()
  return async (name, ranges, why) => {
    if (!/^[\w.-]+\/[\w.-]+$/.test(name))
      throw new ProjectError(`Invalid package name '${name}'`, { hint: 'Add the namespace: dbt-labs/dbt_utils.' })
    const asked = known.get(name) ?? entriesOf(`${base}api/v1/${name}.json`, name)
    known.set(name, asked)
    const entries = await asked
    const fitting = Object.keys(entries).filter(version => unmetVersion(listed(entries[version]!.require_dbt_version)) === undefined)
    const version = newestOf(fitting, ranges)
    if (version === undefined) {
      const some = fitting.slice(-8).join(', ')
      throw new ProjectError(`No version of ${name} is ${ranges.join(' and ')}${why}`, {
        hint:
          fitting.length > 0
            ? `The latest that support this version of dbt are ${some}.`
            : 'The hub has none that supports this version of dbt.',
      })
    }
    const { name: own = '', packages = [], downloads } = entries[version]!
    if (!downloads?.tarball) throw new ProjectError(`The hub has no tarball for ${name} ${version}`)
    return { version, name: own, tarball: downloads.tarball, packages }
  }
}

interface Entry {
  name?: string
  packages?: unknown[]
  downloads?: { tarball?: string }
  require_dbt_version?: string | string[]
}

async function entriesOf(url: string, name: string): Promise<Record<string, Entry>> {
  const bytes = await download(url, `The package ${name}`)
  try {
    const { versions } = JSON.parse(bytes.toString('utf8')) as { versions?: Record<string, Entry> }
    if (versions && typeof versions === 'object') return versions
  } catch {
    // Reported below.
  }
  throw new ProjectError(`Unexpected response from the hub about ${name}, expected a list of versions: ${url}`)
}

function listed(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}
