import { readFileSync, writeFileSync } from 'node:fs'
import { LIMITS } from './style.ts'

/** Wraps the wide comments of a file, and writes it. Gives whether there were any. */
export function wrapFile(file: string): boolean {
  const text = readFileSync(file, 'utf8')
  const wrapped = wrapComments(text)
  if (wrapped !== text) writeFileSync(file, wrapped)
  return wrapped !== text
}

/** A TypeScript text with its wide comments wrapped; the rest of a paragraph is filled again. Directives stay unchanged. */
export function wrapComments(text: string): string {
  const lines = text.split('\n')
  const wrapped: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string
    const isWide = line.length > LIMITS.comment && !/biome-ignore|@ts-/.test(line)
    const [, indent = '', whole] = (isWide && /^(\s*)\/\*\* (.*) \*\/$/.exec(line)) || []
    const [, mark, part] = (isWide && /^(\s*(?:\/\/|\*) )(.*)$/.exec(line)) || []
    if (whole) wrapped.push(`${indent}/**`, ...filled(whole, `${indent} * `), `${indent} */`)
    else if (mark && part) {
      let paragraph = part
      while (!paragraph.endsWith('.') && lines[at + 1]?.startsWith(mark) && /[^\s@*|-]/.test(lines[at + 1]?.[mark.length] ?? ' ')) {
        at += 1
        paragraph += ` ${lines[at]?.slice(mark.length)}`
      }
      wrapped.push(...filled(paragraph, mark))
    } else wrapped.push(line)
  }
  return wrapped.join('\n')
}

function filled(words: string, mark: string): string[] {
  const lines: string[] = []
  for (const word of words.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= LIMITS.comment) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${mark}${word}`)
  }
  return lines
}
