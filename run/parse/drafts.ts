import { type Place, ProjectError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { parseTemplate, type Template } from '../jinja/template.ts'
import type { Config, Node, ResourceType } from '../manifest/node.ts'
import { applyLevel, type ConfigLevel, projectLevels, type RenderYaml } from '../project/config.ts'
import { CONFIG_KEYS, canonical, DEFAULTS } from '../project/config-keys.ts'
import { configPlace } from '../project/config-positions.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { templates } from '../template/templates.ts'

/** A node during parsing: its template, and the calls of ref() and source() with their places. */
export interface Draft {
  node: Node
  /** The files of its project or package. */
  files: ProjectFiles
  /** The config without the project's settings for a package's node, which override all others. */
  base: Config
  /** The project's settings for a package's node, and the rendering of their Jinja. */
  over: ConfigLevel[]
  renderOver?: RenderYaml
  template?: Template
  /** For a report or an exposure: templates that are rendered only to find the nodes that they name. */
  calls?: Template[]
  refs: { name: string; pack: string | undefined; site: Place; version?: string }[]
  sources: { source: string; table: string; site: Place }[]
}

/** A new draft with the defaults of its type; parses `raw`, and adds its mistakes to `errors`. */
export function createDraft(
  files: ProjectFiles,
  resourceType: ResourceType,
  parts: { uniqueId: string; name: string; path: string; fqn: string[]; raw: string; checksum?: string; place?: Place; parse?: false },
  errors: ProjectError[],
): Draft {
  const { raw, path } = parts
  const place = parts.place ?? { file: path, line: 1, column: 1 }
  const { packageDir } = files
  const draft: Draft = {
    files,
    base: { ...DEFAULTS[resourceType] },
    over: [],
    node: {
      resourceType,
      uniqueId: parts.uniqueId,
      name: parts.name,
      packageName: files.settings.name,
      place,
      path,
      ...(packageDir === '' ? {} : { packagePath: path.slice(packageDir.length + 1) }),
      fqn: parts.fqn,
      raw,
      checksum: parts.checksum ?? sha256(raw.trim()),
      config: { ...DEFAULTS[resourceType] },
      unrenderedConfig: {},
      database: files.target.database,
      schema: files.target.schema,
      alias: parts.name,
      relationName: null,
      description: '',
      columns: [],
      constraints: [],
      tags: [],
      meta: {},
      docs: {},
      refs: [],
      sources: [],
      dependsOn: [],
      macros: [],
    },
    refs: [],
    sources: [],
  }
  if (raw.trim() !== '' && parts.parse !== false)
    attempt(errors, () => {
      draft.template = parseTemplate(raw, place.file, place.line, place.column)
      templates.set(draft.node, draft.template)
      for (const { kind, name, place: at } of draft.template.definitions)
        if (kind !== 'macro')
          throw new ProjectError(`The ${kind} '${name}' is not allowed in ${path}`, {
            place: at,
            hint: kind === 'snapshot' ? 'Move it to snapshots/.' : 'Move it to macros/ or tests/generic/.',
          })
    })
  return draft
}

/** Applies config levels of dbt_project.yml, then those of YAML, to the defaults. */
export function configure(draft: Draft, levels: ConfigLevel[], errors: ProjectError[], render: RenderYaml | undefined): void {
  const found = { errors, warnings: draft.files.warnings }
  for (const level of levels)
    attempt(errors, () => {
      draft.base = applyLevel(draft.base, level, draft.node.resourceType, found, render)
      draft.node.unrenderedConfig = overlaid(draft.node.unrenderedConfig, level.values)
    })
  draft.node.config = draft.base
  for (const level of draft.over)
    attempt(errors, () => {
      draft.node.config = applyLevel(draft.node.config, level, draft.node.resourceType, found, draft.renderOver)
    })
}

/** The levels of dbt_project.yml for a node, in its own package; the project's settings for it are applied later. */
export function levelsFor(draft: Draft, fqn: string[], used: Used): ConfigLevel[] {
  const { resourceType } = draft.node
  if (draft.files.packageDir !== '') {
    draft.over = projectLevels(used.root.settings.trees[resourceType], fqn, used.folders)
    draft.renderOver = used.render
  }
  return projectLevels(draft.files.settings.trees[resourceType], fqn, used.folders)
}

/** The project whose configs apply to the nodes of all packages, and the folders of its dbt_project.yml that contain nodes. */
export interface Used {
  root: ProjectFiles
  folders: Set<object>
  /** Renders the Jinja of the project's YAML. */
  render: RenderYaml
}

/** A level from a YAML `config:`. */
export function yamlLevel(config: Config): ConfigLevel {
  return { values: config, place: key => configPlace(config, key) }
}

/** Runs something and collects its error if it is a mistake of the project; rethrows any other. */
export function attempt(errors: ProjectError[], run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error
    errors.push(error)
  }
}

function overlaid(below: Config, values: Config): Config {
  const result = { ...below }
  for (const [written, value] of Object.entries(values)) {
    const key = canonical(written)
    const known = Object.hasOwn(CONFIG_KEYS, key) ? CONFIG_KEYS[key] : undefined
    if (known?.kind === 'append') result[key] = [...listed(result[key]), ...listed(value)]
    else if (known?.kind === 'dict' && typeof value === 'object') result[key] = { ...(result[key] as object), ...value }
    else result[key] = value
  }
  return result
}

function listed(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}
