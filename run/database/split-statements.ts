/** One statement of a text: its SQL without the semicolon, and the offset of its first character. */
export interface Statement {
  text: string
  offset: number
  /** Its first words in lower case, comments left out: what it does. */
  verb: string
}

/** Cuts SQL at its semicolons: those in strings, quoted names, comments and dollar quotes do not count. Empty statements are left out. */
export function statementsOf(sql: string): Statement[] {
  const statements: Statement[] = []
  let start = 0
  let code = ''
  for (const token of sql.matchAll(tokens)) {
    const text = token[0]
    if (text === ';') {
      add(token.index)
      start = token.index + 1
    } else if (!text.startsWith('--') && !text.startsWith('/*')) code += text
    else code += ' '
  }
  add(sql.length)
  return statements

  function add(end: number): void {
    if (code.trim() !== '') {
      const text = sql.slice(start, end)
      const lead = leading.exec(text)?.[0].length ?? 0
      statements.push({
        text: text.trim(),
        offset: start + lead,
        verb: /^[(\s]*([a-z]+(\s+[a-z]+)?)/i.exec(code)?.[1]?.toLowerCase() ?? '',
      })
    }
    code = ''
  }
}

/** Whether a statement begins or ends a transaction, which only the build itself may do. */
export function controlsTransaction({ verb }: Statement): boolean {
  return /^(commit|rollback|begin|abort|end|savepoint|release|start\s+transaction|prepare\s+transaction)\b/.test(verb)
}

const tokens = new RegExp(
  [
    /--[^\n]*/, // to the end of the line
    /\/\*(?:[^*/]|\*(?!\/)|\/(?!\*)|\/\*(?:[^*]|\*(?!\/))*\*\/)*\*\//, // a comment, with one level of comments in it
    /\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'/,
    /'(?:[^']|'')*'/,
    /"(?:[^"]|"")*"/,
    /(?<![\w$])\$([a-zA-Z_]\w*)?\$[\s\S]*?\$\1\$/, // a dollar quote
    /;/,
    /[\s\S]/,
  ]
    .map(part => part.source)
    .join('|'),
  'g',
)

const leading = /^(?:\s+|--[^\n]*\n?|\/\*[\s\S]*?\*\/)*/
