import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { isYamlMap, placeOf, placeOfValue, readYaml, type YamlMap } from '../base/yaml.ts'
import { type Address, addressOf } from '../database/address.ts'
import type { Parameters } from '../database/connection-url.ts'
import { parseTemplate, renderValue, type Scope, toJs } from '../jinja/template.ts'
import { fromJs, type JinjaFunction } from '../jinja/values.ts'
import type { Target } from '../manifest/node.ts'

/** How to find a profile: the options of the command line. */
export interface ProfileOptions {
  projectDir: string
  /** --profiles-dir; by default DBT_PROFILES_DIR, the project's folder, ~/.dbt. */
  profilesDir?: string
  /** --profile; by default the `profile:` of dbt_project.yml. */
  profile?: string
  /** --target; by default the profile's own `target:`. */
  target?: string
  vars?: Record<string, unknown>
  env?: Record<string, string | undefined>
}

/** A target of profiles.yml. */
export interface Profile {
  /** Called only on demand: with DATABASE_URL the environment variables that it names may be missing. */
  address(): Address
  target: Partial<Target>
}

/** The project's target in profiles.yml; undefined when there is no such file, or none has the profile. */
export async function readProfile(options: ProfileOptions): Promise<Profile | undefined> {
  const { projectDir, env = process.env } = options
  const name = options.profile ?? (await profileName(projectDir))
  if (name === undefined) return undefined
  const given = options.profilesDir ?? env.DBT_PROFILES_DIR
  const folders = given ? [given] : [projectDir, path.join(homedir(), '.dbt')]
  const file = folders.map(folder => path.join(folder, 'profiles.yml')).find(existsSync)
  if (!file) {
    if (given) throw new ProjectError(`There is no profiles.yml in ${given}`, { hint: 'Name its folder with --profiles-dir.' })
    return undefined
  }
  const shown = path.relative(process.cwd(), file).startsWith('..') ? file : path.relative(process.cwd(), file)
  const errors: ProjectError[] = []
  const profiles = readYaml(await readFile(file, 'utf8'), shown, errors)
  if (errors[0]) throw errors[0]
  const profile = isYamlMap(profiles) ? profiles[name] : undefined
  if (!isYamlMap(profile)) {
    // A file in the user's home is for all projects of this machine, and need not have this one.
    if (!options.profile && !given && path.dirname(file) !== path.resolve(projectDir)) return undefined
    const hint = didYouMean(name, Object.keys(profiles ?? {}))
    throw new ProjectError(`${shown} has no profile '${name}', which dbt_project.yml names`, {
      place: { file: shown },
      hint,
    })
  }
  return targetOf(name, profile, shown, options)
}

/** Keys of a target, with libpq's names; null for those without effect here. */
const KEYS: Record<string, string | null> = {
  type: null,
  host: 'host',
  port: 'port',
  user: 'user',
  password: 'password',
  pass: 'password',
  dbname: 'dbname',
  database: 'dbname',
  schema: null,
  threads: null,
  role: 'role',
  search_path: 'search_path',
  connect_timeout: 'connect_timeout',
  keepalives_idle: null,
  retries: null,
  sslmode: 'sslmode',
  sslcert: 'sslcert',
  sslkey: 'sslkey',
  sslrootcert: 'sslrootcert',
}

function targetOf(name: string, profile: YamlMap, file: string, options: ProfileOptions): Profile {
  const scope = scopeOf(options)
  const read = (map: YamlMap, key: string): unknown => {
    const value = map[key]
    if (typeof value !== 'string' || !value.includes('{')) return value
    const { line = 1, column = 1 } = placeOfValue(map, key) ?? {}
    return toJs(renderValue(parseTemplate(value, file, line, column), scope))
  }
  const outputs = isYamlMap(profile.outputs) ? profile.outputs : {}
  const wanted = options.target ?? String(read(profile, 'target') ?? 'default')
  const output = outputs[wanted]
  if (!isYamlMap(output)) {
    const hint = didYouMean(wanted, Object.keys(outputs)) ?? `It has ${Object.keys(outputs).join(', ') || 'none'}.`
    throw new ProjectError(`The profile '${name}' has no target '${wanted}'`, { place: { file }, hint })
  }
  const type = read(output, 'type')
  if (type !== 'postgres') {
    const place = placeOf(output, 'type') ?? { file }
    throw new ProjectError(`not supported: the adapter '${type}'`, {
      place,
      hint: 'Use a target of type postgres, or DATABASE_URL, instead.',
    })
  }
  for (const key of Object.keys(output)) {
    if (Object.hasOwn(KEYS, key)) continue
    throw new ProjectError(`Unknown key '${key}' in a PostgreSQL target`, {
      place: placeOf(output, key) ?? { file },
      hint: didYouMean(key, Object.keys(KEYS)),
    })
  }
  const text = (key: string): string | undefined => {
    const value = read(output, key)
    return value === undefined || value === null ? undefined : String(value)
  }
  const threads = Number(text('threads') ?? 1)
  return {
    address,
    target: { name: wanted, profileName: name, threads, ...(text('schema') ? { schema: text('schema')! } : {}) },
  }

  function address(): Address {
    const given: Parameters = new Map()
    for (const [key, parameter] of Object.entries(KEYS)) {
      const value = parameter && text(key)
      if (!parameter || value === undefined || value === null) continue
      const place = placeOfValue(output as YamlMap, key) ?? { file }
      if (value === '' && key !== 'password' && key !== 'pass') throw new ProjectError(`'${key}' is empty`, { place })
      given.set(parameter, { value, from: `target '${wanted}'`, place })
    }
    for (const key of ['host', 'user', 'dbname'])
      if (!given.has(key))
        throw new ProjectError(`The target '${wanted}' has no '${key}'`, { place: placeOf(outputs as YamlMap, wanted) ?? { file } })
    // The address of the server comes only from the profile.
    const { PGHOST, PGHOSTADDR, PGPORT, PGDATABASE, PGUSER, PGSERVICE, ...env } = options.env ?? process.env
    return addressOf(given, { from: file, env })
  }
}

async function profileName(projectDir: string): Promise<string | undefined> {
  const text = await readFile(path.join(projectDir, 'dbt_project.yml'), 'utf8').catch(() => undefined)
  const data = text === undefined ? null : readYaml(text, 'dbt_project.yml', [])
  return isYamlMap(data) && typeof data.profile === 'string' ? data.profile : undefined
}

// The only place where secrets may be read: for the connection.
function scopeOf({ vars = {}, env = process.env }: ProfileOptions): Scope {
  const env_var: JinjaFunction = (args, kwargs, site) => {
    const name = String(args[0] ?? kwargs.var)
    const value = env[name] ?? args[1] ?? kwargs.default
    if (value !== undefined) return value
    throw new ProjectError(`The environment variable '${name}' is not set`, {
      place: site,
      // With DATABASE_URL set, the profile was needed for something else.
      hint: env.DATABASE_URL
        ? `Set it, or give a default: env_var('${name}', '…').`
        : `Set it, give a default: env_var('${name}', '…'), or set DATABASE_URL.`,
    })
  }
  const names: Record<string, JinjaFunction> = { env_var, var: args => fromJs(vars[String(args[0])] ?? null) ?? args[1] ?? null }
  return { get: name => names[name], keys: () => Object.keys(names) }
}
