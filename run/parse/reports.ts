import { ProjectError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { didYouMean } from '../base/suggest.ts'
import { readShape, type Shapes } from '../base/validate.ts'
import { isYamlMap, placeOf, placeOfValue, type Yaml, type YamlMap } from '../base/yaml.ts'
import { parseTemplate } from '../jinja/template.ts'
import type { ColumnWords, Figure, FigureFormat } from '../manifest/figure.ts'
import type { ReportNode } from '../manifest/node.ts'
import type { RenderYaml } from '../project/config.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { isReportText, readReport } from '../reports/markdown.ts'
import { attempt, configure, createDraft, type Draft, yamlLevel } from './drafts.ts'
import { type Docs, description } from './patch.ts'

/** Drafts of a project's reports: each with the templates of its figures, which name its parents. */
export function reportDrafts(files: ProjectFiles, renderYaml: RenderYaml, docs: Docs, errors: ProjectError[]): Draft[] {
  const reports = files.markdown.filter(({ text }) => isReportText(text))
  return reports.map(({ file, within, text }) => {
    const parts = within.replace(/\.[^.]*$/, '').split('/')
    const name = parts.at(-1)!
    const pack = files.settings.name
    if (/\s/.test(name))
      errors.push(new ProjectError(`The name '${name}' has a space`, { place: { file, line: 1 }, hint: 'Write it with an underscore.' }))
    const { front, blocks } = readReport(text, file, errors)
    const figures = blocks.filter((block): block is Figure => block.kind === 'figure')
    const raw = figures.map(({ sql }) => sql).join('\n;\n')
    const identity = { uniqueId: `report.${pack}.${name}`, name, path: file, fqn: [pack, ...parts], raw, checksum: sha256(text.trim()) }
    const draft = createDraft(files, 'report', { ...identity, parse: false }, errors)
    const read = frontOf(front, file, errors)
    const { tags, meta, enabled } = read
    const config = Object.fromEntries(Object.entries({ tags, meta, enabled }).filter(([, value]) => value !== undefined))
    configure(draft, [yamlLevel(config)], errors, renderYaml)
    const node = draft.node as ReportNode
    node.title = String(read.report ?? name)
    node.description = description(String(read.description ?? ''), docs, node.place, errors)
    node.onError = onErrorOf(front, read, errors)
    node.words = wordsOf(read.columns, file, errors)
    node.blocks = blocks
    draft.calls = []
    for (const { sql, place } of figures)
      attempt(errors, () => void draft.calls!.push(parseTemplate(sql, place.file, place.line, place.column)))
    return draft
  })
}

const FRONT: Shapes = {
  report: 'text',
  description: 'text',
  tags: 'texts',
  meta: 'map',
  enabled: 'flag',
  on_error: 'text',
  columns: 'map',
}
const COLUMN: Shapes = { label: 'text', format: 'text', unit: 'text' }
const FORMATS: FigureFormat[] = ['text', 'integer', 'decimal', 'money', 'percent', 'date', 'month', 'instant', 'boolean']

function frontOf(front: Yaml, file: string, errors: ProjectError[]): YamlMap {
  if (isYamlMap(front)) return readShape(front, 'the front matter of a report', FRONT, errors)
  if (front !== null)
    errors.push(new ProjectError('The front matter of a report must be a mapping that begins with report:', { place: { file, line: 2 } }))
  return {}
}

function onErrorOf(front: Yaml, { on_error: said = 'warn' }: YamlMap, errors: ProjectError[]): ReportNode['onError'] {
  if (said === 'fail' || said === 'warn') return said
  const place = placeOfValue(front as YamlMap, 'on_error')
  errors.push(new ProjectError(`on_error of a report must be warn or fail, not '${said}'`, { place }))
  return 'warn'
}

function wordsOf(columns: Yaml | undefined, file: string, errors: ProjectError[]): Map<string, ColumnWords> {
  const words = new Map<string, ColumnWords>()
  for (const [name, value] of Object.entries(isYamlMap(columns) ? columns : {})) {
    const place = placeOf(columns as YamlMap, name) ?? { file }
    if (!isYamlMap(value)) {
      const hint = `Write ${name}: { label: …, format: …, unit: … }.`
      errors.push(new ProjectError(`The column '${name}' must be a mapping`, { place, hint }))
      continue
    }
    const read = readShape(value, `the column '${name}'`, COLUMN, errors)
    const formatAt = placeOfValue(value, 'format') ?? place
    const format = read.format as FigureFormat | undefined
    if (format !== undefined && !FORMATS.includes(format)) {
      const hint = didYouMean(format, FORMATS) ?? `Expected one of ${FORMATS.join(', ')}.`
      errors.push(new ProjectError(`There is no format '${format}'`, { place: formatAt, hint }))
      continue
    }
    if (format === 'money' && read.unit === undefined)
      errors.push(
        new ProjectError(`The column '${name}' has the format money, but no unit`, {
          place: formatAt,
          hint: 'Add its currency, unit: USD.',
        }),
      )
    words.set(name, {
      ...(read.label === undefined ? {} : { label: String(read.label) }),
      ...(format === undefined ? {} : { format }),
      ...(read.unit === undefined ? {} : { unit: String(read.unit) }),
      place,
      formatAt,
    })
  }
  return words
}
