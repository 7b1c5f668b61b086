import { ProjectError } from '../base/errors.ts'
import { readYaml, type Yaml } from '../base/yaml.ts'
import type { Figure, Prose } from '../manifest/figure.ts'
import { figureOf } from './fence.ts'

/** A report as in its file. */
export interface ReportFile {
  front: Yaml
  blocks: (Prose | Figure)[]
}

/** Whether a Markdown file is a report: its front matter begins with `report:`. Other files contain dbt's docs blocks. */
export function isReportText(text: string): boolean {
  return /^\uFEFF?---[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*report[ \t]*:/.test(text)
}

/**
 * The front matter, the prose and the figures of a report. A fence that begins with ```sql is a figure; any other is prose. Mistakes go to
 * `errors` with their places.
 */
export function readReport(text: string, file: string, errors: ProjectError[]): ReportFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const end = lines.findIndex((line, index) => index > 0 && /^---[ \t]*$/.test(line))
  if (end < 0) {
    errors.push(new ProjectError('The front matter of this report is never closed', { place: { file, line: 1 }, hint: 'End it with ---.' }))
    return { front: null, blocks: [] }
  }
  // The first line is replaced by an empty one, so that places stay those of the file.
  const front = readYaml(['', ...lines.slice(1, end)].join('\n'), file, errors)
  return { front, blocks: blocksOf(lines, end + 1, file, errors) }
}

function blocksOf(lines: string[], start: number, file: string, errors: ProjectError[]): ReportFile['blocks'] {
  const blocks: ReportFile['blocks'] = []
  let prose: string[] = []
  for (let at = start; at < lines.length; at++) {
    const fence = openingOf(lines[at]!)
    if (!fence) {
      prose.push(lines[at]!)
      continue
    }
    const close = lines.findIndex((line, index) => index > at && isClosing(line, fence.marks))
    if (!fence.isSql) {
      const last = close < 0 ? lines.length - 1 : close
      prose.push(...lines.slice(at, last + 1))
      at = last
      continue
    }
    if (close < 0) {
      const place = { file, line: at + 1, column: lines[at]!.indexOf(fence.marks) + 1 }
      errors.push(new ProjectError('This fence is never closed', { place, hint: `End it with ${fence.marks}.` }))
      break
    }
    flush()
    const place = { file, line: at + 1, column: lines[at]!.length - fence.attributes.length + 1 }
    const figure = figureOf(fence.attributes, place, lines.slice(at + 1, close).join('\n'), errors)
    const other = blocks.find(block => block.kind === 'figure' && block.name === figure?.name)
    if (figure && other?.kind === 'figure')
      errors.push(
        new ProjectError(`Two figures of this report are called '${figure.name}': here and in line ${other.place.line! - 1}`, {
          place: figure.places.get('name') ?? place,
          hint: 'Rename one of them.',
        }),
      )
    else if (figure) blocks.push(figure)
    at = close
  }
  flush()
  return blocks

  function flush(): void {
    const text = prose.join('\n').trim()
    if (text !== '') blocks.push({ kind: 'prose', text })
    prose = []
  }
}

// As in CommonMark, no backtick may follow the opening backticks of a fence.
function openingOf(line: string): { marks: string; isSql: boolean; attributes: string } | undefined {
  const match = /^ {0,3}(`{3,}|~{3,})([ \t]*)(\S*)(.*)$/.exec(line)
  if (!match) return undefined
  const [, marks = '', , language = '', attributes = ''] = match
  if (marks.startsWith('`') && `${language}${attributes}`.includes('`')) return undefined
  return { marks, isSql: language.toLowerCase() === 'sql', attributes }
}

function isClosing(line: string, marks: string): boolean {
  const match = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)
  return match !== null && match[1]!.startsWith(marks)
}
