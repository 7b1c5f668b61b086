import { fileAndLine } from '../base/codeframe.ts'
import { type Problem, ProjectError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { didYouMean } from '../base/suggest.ts'
import { parseTemplate, render, type Scope } from '../jinja/template.ts'
import { type Column, isBuilt, type Macro, type Project } from '../manifest/node.ts'
import { relationOf, relationText } from '../manifest/relation.ts'
import type { ColumnProperties } from '../project/column-properties.ts'
import type { RenderYaml } from '../project/config.ts'
import type { NodeProperties } from '../project/node-properties.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { isReportText } from '../reports/markdown.ts'
import { attempt, configure, createDraft, type Draft, levelsFor, type Used, yamlLevel } from './drafts.ts'

/** Blocks of {% docs %} by name. */
export type Docs = Project['docs']

/** The docs blocks of the project's Markdown files. */
export function docsOf(files: ProjectFiles, errors: ProjectError[]): Docs {
  const docs: Docs = new Map()
  for (const { file, text } of files.docs.filter(({ text }) => !isReportText(text)))
    for (const match of text.matchAll(/\{%-?\s*docs\s+(\w+)\s*-?%\}([\s\S]*?)\{%-?\s*enddocs\s*-?%\}/g)) {
      const name = match[1]!
      const place = { file, line: text.slice(0, match.index).split('\n').length, column: 1 }
      const other = docs.get(name)
      if (other) errors.push(new ProjectError(`Two docs blocks are called '${name}': here and at ${fileAndLine(other.place)}`, { place }))
      else docs.set(name, { name, text: match[2]!.trim(), place })
    }
  return docs
}

/** A description with its {{ doc('…') }} replaced. */
export function description(
  text: string,
  docs: Docs,
  place: { file: string; line?: number; column?: number },
  errors: ProjectError[],
): string {
  if (!text.includes('{{')) return text
  let result = text
  attempt(errors, () => {
    result = render(parseTemplate(text, place.file, place.line, place.column), docScope(docs)).text
  })
  return result
}

/** Drafts of the sources' tables. */
export function sourceDrafts(files: ProjectFiles, used: Used, renderYaml: RenderYaml, docs: Docs, errors: ProjectError[]): Draft[] {
  return files.properties.sources.map(source => {
    const { sourceName, name, place } = source
    const folders = (files.propertyFiles.get(place.file) ?? place.file).split('/').slice(0, -1)
    const fqn = [files.settings.name, ...folders, sourceName, name]
    const uniqueId = `source.${files.settings.name}.${sourceName}.${name}`
    const draft = createDraft(files, 'source', { uniqueId, name, path: place.file, fqn, raw: '', place }, errors)
    const { node } = draft
    configure(draft, [...levelsFor(draft, fqn, used), ...source.configs.map(yamlLevel)], errors, renderYaml)
    attempt(errors, () => {
      const text = (value: string): string => String(renderYaml(value, () => place))
      node.sourceName = sourceName
      node.database = text(source.database ?? files.target.database)
      node.schema = text(source.schema)
      node.alias = text(source.identifier)
      node.relationName = relationText(relationOf(node))
      node.source = {
        description: source.sourceDescription,
        loader: source.loader,
        identifier: node.alias,
        ...(source.loadedAtField === undefined ? {} : { loadedAtField: text(source.loadedAtField) }),
        ...(source.loadedAtQuery === undefined ? {} : { loadedAtQuery: source.loadedAtQuery }),
        ...(source.freshness === undefined
          ? {}
          : { freshness: source.freshness && (renderYaml(source.freshness, () => place) as Record<string, unknown>) }),
      }
    })
    node.tags = (node.config.tags ?? []) as string[]
    node.meta = (node.config.meta ?? {}) as Record<string, unknown>
    node.description = description(source.description, docs, place, errors)
    node.columns = source.columns.map(column => plainColumn(column, { docs, errors, renderYaml }))
    node.patch = place
    node.checksum = sha256(JSON.stringify([node.relationName, node.source]))
    return draft
  })
}

/** What a project's properties are applied to. */
export interface Patching {
  files: ProjectFiles
  drafts: Draft[]
  /** The project's own drafts: one may replace a node of a package that the project disables. */
  own: Draft[]
  renderYaml: RenderYaml
  docs: Docs
  errors: ProjectError[]
  noticed(problem: Problem): void
}

/** Gives versioned models, in a file of that name or of their own, their name, id and fqn: `model.shop.orders.v1`. */
export function nameVersions({ files, drafts }: Pick<Patching, 'files' | 'drafts'>): void {
  for (const { kind, name, version } of files.properties.nodes) {
    if (kind !== 'model' || !version) continue
    const models = drafts.filter(({ node }) => node.resourceType === 'model')
    // The latest version may be in a file with the model's own name.
    const files = version.isLatest ? [version.file, name] : [version.file]
    const node = files
      .map(wanted => models.find(draft => draft.node.version === undefined && fileName(draft) === wanted))
      .find(Boolean)?.node
    if (!node) continue
    node.fqn = [...node.fqn.slice(0, -1), name, `v${version.v}`]
    node.name = name
    node.version = version.v
    node.isLatest = version.isLatest
    node.uniqueId = `model.${node.packageName}.${name}.v${version.v}`
  }
}

function fileName({ node }: Draft): string {
  return node.path.replace(/^.*\/|\.[^.]*$/g, '')
}

/**
 * The draft that properties belong to: of their kind and version, else a model, seed or snapshot of that name. If it is disabled, the
 * project's node of that name, which may replace a package's seed.
 */
export function draftFor(
  { drafts, own }: Pick<Patching, 'drafts' | 'own'>,
  properties: Pick<NodeProperties, 'kind' | 'name' | 'version'>,
): Draft | undefined {
  const found = draftIn(drafts, properties)
  return found?.node.config.enabled === false ? (draftIn(own, properties) ?? found) : found
}

function draftIn(drafts: Draft[], { kind, name, version }: Pick<NodeProperties, 'kind' | 'name' | 'version'>): Draft | undefined {
  const named = (draftsByName(drafts).get(name) ?? []).filter(({ node }) => node.version === version?.v)
  const own = named.find(({ node }) => node.resourceType === kind)
  return own ?? (kind === 'test' || kind === 'analysis' ? undefined : named.find(({ node }) => isBuilt(node)))
}

const byNames = new WeakMap<Draft[], { size: number; names: Map<string, Draft[]> }>()

function draftsByName(drafts: Draft[]): Map<string, Draft[]> {
  const known = byNames.get(drafts)
  if (known?.size === drafts.length) return known.names
  const names = new Map<string, Draft[]>()
  for (const draft of drafts) names.set(draft.node.name, [...(names.get(draft.node.name) ?? []), draft])
  byNames.set(drafts, { size: drafts.length, names })
  return names
}

/**
 * Applies properties to models, seeds, snapshots and singular tests. As in dbt, properties of a seed may be under models:, and those of
 * unknown nodes are ignored; duplicate properties are a mistake.
 */
export function patchNodes(patching: Patching): void {
  const { files, drafts, renderYaml, docs, errors, noticed } = patching
  for (const properties of files.properties.nodes) {
    const { kind, name, place } = properties
    const draft = draftFor(patching, properties)
    if (!draft) {
      const names = drafts.filter(({ node }) => node.resourceType === kind).map(({ node }) => node.name)
      const hint = didYouMean(name, names) ?? 'They are ignored: rename or remove them.'
      noticed({ message: `These properties are for the ${kind} '${name}', but there is no such ${kind}`, place, hint })
      continue
    }
    const { node } = draft
    if (node.resourceType !== kind)
      noticed({
        message: `'${name}' is a ${node.resourceType} (${node.path}), but is described as a ${kind}`,
        place,
        hint: `Describe it under ${node.resourceType}s:.`,
      })
    if (node.patch) {
      errors.push(
        new ProjectError(`The ${kind} '${name}' has properties twice: here and at ${fileAndLine(node.patch)}`, {
          place,
          hint: 'Merge them.',
        }),
      )
      continue
    }
    node.patch = place
    const at = properties.describedAt ?? place
    node.description = description(properties.description, docs, at, errors)
    node.columns = described(properties.columns)
    node.constraints = properties.constraints
    if (properties.timeSpine) node.timeSpine = properties.timeSpine
    configure(draft, [yamlLevel(properties.config)], errors, renderYaml)
  }

  function described(columns: ColumnProperties[]): Column[] {
    return columns.map(column => plainColumn(column, { docs, errors, renderYaml }))
  }
}

/** Gives macros their descriptions. */
export function describeMacros(files: ProjectFiles, macros: Map<string, Macro>, docs: Docs, errors: ProjectError[]): void {
  const own = [...macros.values()].filter(({ packageName }) => packageName === files.settings.name)
  const described = new Map<string, string>()
  for (const { name, place, ...properties } of files.properties.macros) {
    const macro = [...own, ...macros.values()].find(candidate => candidate.name === name || candidate.name === `test_${name}`)
    const first = described.get(name)
    if (!macro) {
      const hint = didYouMean(
        name,
        own.map(({ name }) => name.replace(/^test_/, '')),
      )
      errors.push(new ProjectError(`Unknown macro '${name}' in properties`, { place, hint }))
    } else if (first) errors.push(new ProjectError(`The macro '${name}' has properties twice: here and at ${first}`, { place }))
    else {
      described.set(name, fileAndLine(place))
      macro.description = description(properties.description, docs, place, errors)
      macro.meta = properties.meta
      if (properties.arguments.length > 0) macro.arguments = properties.arguments
    }
  }
}

function plainColumn(
  { place, describedAt, tests: _, dataType, ...column }: ColumnProperties,
  { docs, errors, renderYaml }: Pick<Patching, 'docs' | 'errors' | 'renderYaml'>,
): Column {
  const plain: Column = { ...column, description: description(column.description, docs, describedAt ?? place, errors) }
  attempt(errors, () => {
    if (dataType !== undefined) plain.dataType = String(renderYaml(dataType, () => place))
  })
  return plain
}

function docScope(docs: Docs): Scope {
  return {
    get: name =>
      name !== 'doc'
        ? undefined
        : (args, _, site) => {
            const wanted = String(args.at(-1))
            const found = docs.get(wanted)
            if (found) return found.text
            const hint = didYouMean(wanted, docs.keys())
            throw new ProjectError(`There is no docs block '${wanted}'`, { place: site, hint })
          },
    keys: () => ['doc'],
  }
}
