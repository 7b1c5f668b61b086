import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  isArrowFunction,
  isFunctionDeclaration,
  isFunctionExpression,
  isMethodDeclaration,
  isNoSubstitutionTemplateLiteral,
  isStringLiteral,
  isTemplateHead,
  isTemplateMiddle,
  isTemplateTail,
  type Node,
} from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'
import { KNOWN } from './known.ts'

/** The largest sizes; a longer file must be divided. */
export const LIMITS = { lines: 350, functionLines: 80, comment: 140, sql: 120, macros: 250 }

/** Patterns of the old manner in messages, and what to write instead. A message begins with the thing or the verb. */
export const OLD_MANNER: [pattern: RegExp, instead: string][] = [
  [/^(This|It|That) is no\b/, 'name the fault: "Invalid CSV"'],
  [/(?<!\b[Tt]here )\b(is|are|was|be) no (?!longer\b|more\b|such\b)[a-z]/, '"is not a …", or "Unknown …"'],
  [/\bwhom\b/, 'say it without whom'],
  [/\bmade anew\b|\bmakes? (it |them )?anew\b/, '"rebuilt", "recreated"'],
  [/\bAll is\b|\bas good as\b|\bin vain\b|\bwithout a word\b|\bwith a word\b/, 'the standard term'],
  [/\bpass(es|ed)? over\b/, '"skipped", "ignored"'],
  [/\bstands? for\b.*\bnewer\b|\bnewer ones stand\b/, '"superseded"'],
  [/\b(is|are) told\b|\bis said\b/, '"reported"'],
  [/\bR\d{1,2}\b/, 'say the rule: its number is nothing that a user can look up'],
]

/** A fault of style: `run/base/a.ts:3 has 181 columns …`. */
export type Fault = string

/** The faults of a TypeScript file, given its text and its syntax tree. `speaks`: users read its texts. */
export function faultsIn(path: string, text: string, tree: Node, { speaks, divides }: { speaks: boolean; divides: boolean }): Fault[] {
  const lines = text.split('\n')
  const lineAt = (position: number) => text.slice(0, position).split('\n').length
  const faults: Fault[] = []
  if (lines.length - 1 > (KNOWN[path] ?? LIMITS.lines))
    faults.push(`${path}:1 has ${lines.length - 1} lines, more than ${LIMITS.lines}: divide it`)
  for (const [index, line] of lines.entries())
    if (line.length > LIMITS.comment && /^\s*(\/\/|\/?\*)/.test(line))
      faults.push(`${path}:${index + 1} is a comment of ${line.length} columns, more than ${LIMITS.comment}`)
  visit(tree)
  return faults

  function visit(node: Node): void {
    if (divides && (isFunctionDeclaration(node) || isMethodDeclaration(node) || isArrowFunction(node) || isFunctionExpression(node))) {
      const [first, last] = [lineAt(startOf(node)), lineAt(node.end)]
      const name = ('name' in node && (node.name as { text?: string } | undefined)?.text) || 'a function'
      if (last - first + 1 > (KNOWN[`${path} ${name}`] ?? LIMITS.functionLines))
        faults.push(`${path}:${first} ${name} has ${last - first + 1} lines, more than ${LIMITS.functionLines}: divide it`)
    }
    if (speaks && isText(node)) {
      const fault = mannerOf((node as Node & { text: string }).text)
      if (fault) faults.push(`${path}:${lineAt(startOf(node))} ${fault}`)
    }
    node.forEachChild(visit)
  }

  /** A node starts with the white space and comments before it. */
  function startOf(node: Node): number {
    const before = text.slice(node.pos, node.end)
    return node.pos + (/^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(before)?.[0].length ?? 0)
  }
}

/** The fault of a text for users; undefined without one. */
export function mannerOf(text: string): string | undefined {
  for (const [pattern, instead] of OLD_MANNER) {
    const [found] = pattern.exec(text) ?? []
    if (found) return `says '${found}' in '${text.slice(0, 60).replaceAll('\n', ' ')}': ${instead}`
  }
  return undefined
}

/** The faults of the files in the tsconfigs. */
export function styleFaults(root: string, tsconfigs: string[]): Fault[] {
  const api = new API({ cwd: root })
  try {
    const seen = new Set<string>()
    return tsconfigs.flatMap(tsconfig => {
      const project = api.updateSnapshot({ openProject: join(root, tsconfig) }).getProject(join(root, tsconfig))!
      return project.rootFiles.flatMap(file => {
        const path = relative(root, file)
        if (seen.has(path) || path.startsWith('..')) return []
        seen.add(path)
        const isProgram = /^(run|loaders)\//.test(path)
        const tree = project.program.getSourceFile(file)!
        return faultsIn(path, readFileSync(file, 'utf8'), tree, { speaks: isProgram, divides: isProgram })
      })
    })
  } finally {
    api.close()
  }
}

function isText(node: Node): boolean {
  return (
    isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node) || isTemplateHead(node) || isTemplateMiddle(node) || isTemplateTail(node)
  )
}
