import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { filesIn } from '../../../run/base/files.ts'
import { type Fault, LIMITS } from './style.ts'

/**
 * The measurable faults of SQL, YAML and Markdown: no formatter supports SQL with Jinja as this project writes it. Checks the width of SQL
 * lines, trailing blanks, tabs, line ends, YAML that does not parse, and broken links of Markdown.
 */
export function textFaults(root: string): Fault[] {
  const folders = ['.github', 'docs', 'loaders', 'macros', 'migrations', 'models', 'run', 'seeds', 'tests']
  const top = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'dbt_project.yml'].map(name => join(root, name))
  const files = [...top, ...folders.flatMap(folder => filesIn(join(root, folder)))]
  return files.flatMap(file =>
    textFaultsIn(relative(root, file), readFileSync(file, 'utf8'), link => existsSync(join(dirname(file), link))),
  )
}

/**
 * The most columns of a line. The runner's macros may be wider, as their blanks and line ends appear in the SQL; migrations that have
 * landed never change.
 */
function widestIn(path: string): number {
  if (!path.endsWith('.sql') || /^migrations\/000([01]|2[01])/.test(path)) return Number.POSITIVE_INFINITY
  return path.startsWith('run/macros/') ? LIMITS.macros : LIMITS.sql
}

/** The faults of one file. `leads`: whether a relative link in it leads to a file. */
export function textFaultsIn(path: string, text: string, leads: (link: string) => boolean): Fault[] {
  const kind = extname(path)
  if (!['.sql', '.yml', '.yaml', '.md'].includes(kind)) return []
  const faults: Fault[] = []
  const widest = widestIn(path)
  if (text.includes('\r')) faults.push(`${path}:1 has line ends of Windows`)
  if (text !== '' && !text.endsWith('\n')) faults.push(`${path}:${text.split('\n').length} does not end with a line end`)
  for (const [index, line] of text.split('\n').entries()) {
    const at = `${path}:${index + 1}`
    if (/[ \t]$/.test(line)) faults.push(`${at} ends with blanks`)
    if (/^\s*\t/.test(line)) faults.push(`${at} is indented with a tab`)
    if (line.length > widest) faults.push(`${at} has ${line.length} columns, more than ${widest}`)
    if (kind === '.md')
      for (const [, link = ''] of line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g))
        if (!/^(https?:|mailto:|#)/.test(link) && !leads(link.replace(/#.*/, ''))) faults.push(`${at} links to ${link}, which is not there`)
  }
  if (kind === '.yml' || kind === '.yaml')
    for (const { errors } of parseAllDocuments(text))
      for (const { message, linePos } of errors) faults.push(`${path}:${linePos?.[0].line ?? 1} ${message.split('\n')[0]}`)
  return faults
}
