import { globMatch } from '../base/glob.ts'

/**
 * Which files a .dbtignore leaves out, their paths relative to its folder. It is written as a .gitignore, but as in dbt the last line that
 * fits decides: a file may be taken back of a folder that is left out.
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
  /** Takes back what a line above leaves out. */
  isBack: boolean
}

function ruleOf(line: string): Rule | undefined {
  const written = line.replace(/(?<!\\)\s+$/, '')
  if (written === '' || written.startsWith('#')) return undefined
  const isBack = written.startsWith('!')
  const plain = (isBack ? written.slice(1) : written).replaceAll(/\\([#! ])/g, '$1')
  const path = plain.replace(/\/$/, '')
  // A name alone is meant wherever it is.
  const pattern = path.includes('/') ? path.replace(/^\//, '') : `**/${path}`
  return { pattern, ofFolders: plain.endsWith('/'), isBack }
}
