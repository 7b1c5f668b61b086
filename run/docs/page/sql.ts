/** A piece of SQL with Jinja, and its kind. */
export interface Token {
  kind: 'plain' | 'comment' | 'text' | 'number' | 'keyword' | 'call' | 'jinja'
  text: string
}

/** Splits SQL for colouring. Not a parser: unknown pieces stay plain. Joined, the pieces are the text. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  let plain = 0
  for (const match of sql.matchAll(PIECE)) {
    const kind = kindOf(match)
    if (kind === 'plain') continue
    if (match.index > plain) tokens.push({ kind: 'plain', text: sql.slice(plain, match.index) })
    tokens.push({ kind, text: match[0] })
    plain = match.index + match[0].length
  }
  if (plain < sql.length) tokens.push({ kind: 'plain', text: sql.slice(plain) })
  return tokens
}

const PIECE =
  /(?<comment>\{#[\s\S]*?#\}|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<jinja>\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|(?<text>'(?:[^']|'')*'|\$\$[\s\S]*?\$\$)|(?<quoted>"(?:[^"]|"")*")|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>[A-Za-z_]\w*)(?=(?<call>\()?)/g

const KEYWORDS = new Set(
  `all and any array as asc between by case cast check collate conflict constraint create cross current default deferrable delete desc
  distinct do else end except exists false filter first following for foreign from full group grouping having if ilike in index inner insert
  intersect interval into is isnull join key last lateral left like limit materialized matched merge natural not null nulls of offset on only
  or order ordinality outer over partition preceding primary range recursive references returning right row rows select set similar source
  table target then to true unbounded union unique unlogged update using values view when where window with within without`.split(/\s+/),
)

function kindOf({ groups }: RegExpMatchArray): Token['kind'] {
  if (groups?.comment) return 'comment'
  if (groups?.jinja) return 'jinja'
  if (groups?.text) return 'text'
  if (groups?.number) return 'number'
  if (!groups?.word) return 'plain'
  if (KEYWORDS.has(groups.word.toLowerCase())) return 'keyword'
  return groups.call ? 'call' : 'plain'
}
