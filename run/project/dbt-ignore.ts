import { globMatch } from '../base/glob.ts'

/**
 * The files that a .dbtignore excludes; paths are relative to its folder. The syntax is that of .gitignore, but as in dbt the last matching
 * line decides: it may include a file of an excluded folder again.
 */
export function ignoredBy(text: string): (path: string) => boolean {
  const rules = text.split(/\r?\n/).flatMap(line => ruleOf(line) ?? [])
  return path => {
    const names = path.split('/')
    const folders = names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'))
    const last = rules.findLast(({ pattern, ofFolders }) => (ofFolders ? folders : [...folders, path]).some(one => globMatch(one, pattern)))
    return last !== undefined && !last.isBack
  }
}

interface Rule {
  pattern: string
  ofFolders: boolean
  /** Includes what an earlier line excludes. */
  isBack: boolean
}

function ruleOf(line: string): Rule | undefined {
  const written = line.replace(/(?<!\\)\s+$/, '')
  if (written === '' || written.startsWith('#')) return undefined
  const isBack = written.startsWith('!')
  const plain = (isBack ? written.slice(1) : written).replaceAll(/\\([#! ])/g, '$1')
  const path = plain.replace(/\/$/, '')
  // A bare name matches in any folder.
  const pattern = path.includes('/') ? path.replace(/^\//, '') : `**/${path}`
  return { pattern, ofFolders: plain.endsWith('/'), isBack }
}
