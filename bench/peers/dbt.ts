import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectDir } from '../site.ts'

/** The used parts of manifest.json. */
export interface Manifest {
  nodes: Record<string, ManifestNode>
}

interface ManifestNode {
  name: string
  resource_type: string
  original_file_path: string
  compiled_code?: string | null
  depends_on: { nodes?: string[] }
  config: { materialized?: string; severity?: string; schema?: string | null; column_types?: Record<string, string> }
}

/**
 * Writes the project for plain dbt: our models' own SQL, compiled as for a first build, as tables and views that dbt builds in order;
 * seeds; data tests. Incremental models are tables there, which costs dbt less than an incremental model whose query gives everything.
 */
export function writeDbtProject(folder: string, manifest: Manifest, database: string): void {
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  put(
    'dbt_project.yml',
    `name: peer\nversion: 1.0.0\nprofile: peer\nflags: { send_anonymous_usage_stats: false }\nseeds: ${seedsConfig(manifest)}\n`,
  )
  put('profiles.yml', `peer: ${JSON.stringify({ target: 'bench', outputs: { bench: dbtTarget(database) } })}\n`)
  put('macros/generate_schema_name.sql', '{% macro generate_schema_name(name, node) -%}{{ name or target.schema }}{%- endmacro %}\n')
  for (const [id, node] of Object.entries(manifest.nodes)) {
    const text = textOf(manifest, id, node)
    if (text === undefined) continue
    if (node.resource_type === 'model') put(join('models', `${node.name}.sql`), text)
    if (node.resource_type === 'test') put(join('tests', `${node.name}.sql`), text)
  }
  cpSync(join(projectDir, 'seeds'), join(folder, 'seeds'), { recursive: true, filter: path => !/\.ya?ml$/.test(path) })
}

/** A database as an output of dbt's profiles.yml. */
export function dbtTarget(url: string, schema = 'public'): object {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    type: 'postgres',
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password) || 'none',
    dbname: pathname.slice(1),
    schema,
    threads: 4,
  }
}

/** The compiled SQL, with the refs that dbt needs for its order; undefined for nodes that are a part of others. */
export function textOf(manifest: Manifest, id: string, { resource_type, config, compiled_code }: ManifestNode): string | undefined {
  if (!compiled_code || config.materialized === 'ephemeral') return undefined
  const refs = [...parentsOf(manifest, id)].map(parent => `-- depends_on: {{ ref('${manifest.nodes[parent]!.name}') }}`)
  const kind = `materialized='${config.materialized === 'view' ? 'view' : 'table'}', schema='${config.schema ?? ''}'`
  const said = resource_type === 'model' ? kind : `severity='${config.severity ?? 'error'}'`
  return [`{{ config(${said}) }}`, ...refs, `{% raw %}${compiled_code.trim()}{% endraw %}`, ''].join('\n')
}

// Ephemeral models are already in the SQL of their children.
function parentsOf({ nodes }: Manifest, id: string): Set<string> {
  const parents = (nodes[id]?.depends_on.nodes ?? []).flatMap(parent => {
    const node = nodes[parent]
    if (!node) return []
    return node.config.materialized === 'ephemeral' ? [...parentsOf({ nodes }, parent)] : [parent]
  })
  return new Set(parents)
}

function seedsConfig({ nodes }: Manifest): string {
  const seeds = Object.values(nodes).filter(({ resource_type }) => resource_type === 'seed')
  const types = seeds.map(({ name, config }) => [name, { '+column_types': config.column_types ?? {} }])
  return JSON.stringify({ peer: { '+schema': seeds[0]?.config.schema ?? 'staging', ...Object.fromEntries(types) } })
}

/** manifest.json of a folder of artifacts. */
export const readManifest = (target: string) => JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8')) as Manifest
