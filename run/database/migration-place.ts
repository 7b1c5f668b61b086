/**
 * Where in a script PostgreSQL's complaint points, 1-based. `sent` are the statements that were sent so far, the last one
 * failed; @databases/pg cuts a script at its semicolons and drops comments, so the position in a statement is not
 * one in the file. Without a position: where the statement begins. Undefined when the statement is not found.
 */
export function statementPlace(script: string, sent: string[], position?: number): { line: number; column: number } | undefined {
  const { code, offsets } = withoutComments(script)
  let start = 0
  let end = 0
  for (const statement of sent) {
    start = code.indexOf(statement, end)
    if (start < 0) return undefined
    end = start + statement.length
  }
  const failed = sent.at(-1) ?? ''
  const inside = position === undefined ? failed.search(/\S/) : [...failed].slice(0, position - 1).join('').length
  const offset = offsets[Math.min(start + inside, offsets.length - 1)] ?? 0
  const before = script.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

const token = /'[^']*'|"[^"]*"|`[^`]*`|(\$[\p{L}\d_]*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\//gu

// As @databases/split-sql-query does it: a line comment goes, a block comment too unless its first character is no blank.
function withoutComments(script: string): { code: string; offsets: number[] } {
  const offsets: number[] = []
  const keep = (from: number, to: number) => {
    for (let at = from; at < to; at++) offsets.push(at)
  }
  let end = 0
  for (const { 0: text, index } of script.matchAll(token)) {
    const dropped = text.startsWith('--') || (text.startsWith('/*') && /^\/\*[\s*]/.test(text))
    keep(end, dropped ? index : index + text.length)
    end = index + text.length
  }
  keep(end, script.length)
  return { code: offsets.map(at => script[at]).join(''), offsets }
}
