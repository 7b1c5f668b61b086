import type { Step } from './value.ts'

/** A constant path. `rest`: a filter or method follows, which only computes from the value at the path. */
export interface ConstantPath {
  steps: Step[]
  rest: boolean
}

/** The steps of SQL/JSON's `$.a[*].b`; null where not even its beginning is plain. */
export function jsonPath(text: string): ConstantPath | null {
  const steps: Step[] = []
  let left = text.trim().replace(/^(strict|lax)\s+/, '')
  if (!left.startsWith('$') || /^\$["\w]/.test(left)) return null
  left = left.slice(1)
  while (left !== '') {
    const member = /^\s*\.\s*(?:"((?:[^"\\]|\\.)*)"|([\p{L}_$][\p{L}\p{N}_$]*)(?!\s*\()|(\*)(?!\*))/u.exec(left)
    const element = /^\s*\[\s*(?:(\*)|(\d+)|last)\s*\]/.exec(left)
    if (member) steps.push(member[3] ? null : member[1] === undefined ? member[2]! : (JSON.parse(`"${member[1]}"`) as string))
    else if (element) steps.push(element[2] === undefined ? null : Number(element[2]))
    else break
    left = left.slice((member ?? element)![0].length)
  }
  return { steps, rest: left.trim() !== '' }
}

/** The steps of `'{a,0,"b c"}'`, the right side of #> and #>>; null for any other text. */
export function textArrayPath(text: string): Step[] | null {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  if (inner === undefined) return null
  if (inner.trim() === '') return []
  const items = [...inner.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,"{}]*[^,"{}\s]))\s*(,|$)/gy)]
  const isWhole = items.reduce((length, [match]) => length + match.length, 0) === inner.length && items.at(-1)?.[3] === ''
  if (!isWhole) return null
  return items.map(([, quoted, plain]) => (quoted === undefined ? pathStep(plain!) : quoted.replaceAll(/\\(.)/gs, '$1')))
}

/** A text in a path of #>: digits are treated as an array index. */
export function pathStep(text: string): Step {
  return /^-?\d{1,9}$/.test(text) ? Number(text) : text
}
