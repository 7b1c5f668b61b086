/**
 * The text of an SQL template without comments of SQL and Jinja and the white space around them. Two texts with one meaning make the same
 * rows. Keeps comments that contain Jinja, which runs there, too, hints, and the whole text if a quote is never closed.
 */
export function meaningOf(text: string): string {
  let [said, at, isGap] = ['', 0, true]
  while (at < text.length) {
    BEGINS.lastIndex = at
    const next = BEGINS.exec(text)?.index ?? text.length
    if (next > at) {
      said += text.slice(at, next)
      isGap = false
      at = next
      continue
    }
    const piece = pieceAt(text, at)
    if (!piece) return text
    at = piece.end
    if (piece.isComment) {
      const [before, after] = [said.trimEnd(), text.slice(at).trimStart()]
      const isTight = before.length === said.length && after.length === text.length - at && piece.isJinja
      at = text.length - after.length
      said = isTight || isGap ? before : `${before}\n`
      isGap ||= before === ''
    } else {
      said += piece.text
      isGap = false
    }
  }
  return said.trimEnd()
}

// Where anything but plain text may begin.
const BEGINS = /\{[{%#]|--|\/\*|['"$]/g

interface Piece {
  text: string
  end: number
  isComment: boolean
  isJinja: boolean
}

/** A quoted text, a tag, a comment or a single character; undefined where it never ends. */
function pieceAt(text: string, at: number): Piece | undefined {
  const [one, two] = [text[at] as string, text.slice(at, at + 2)]
  if (two === '{#') {
    const end = after(text, '#}', at + 2)
    // White space beside such a comment is stripped.
    const strips = text[at + 2] === '-' || text[end - 3] === '-'
    return strips && end > 0 ? { text: '{#--#}', end, isComment: false, isJinja: true } : upTo(text, at, end, true, true)
  }
  if (two === '{{' || two === '{%') return upTo(text, at, tagEnd(text, at))
  if (two === '--') {
    const end = text.indexOf('\n', at)
    return upTo(text, at, end < 0 ? text.length : end, !/\{[{%#]/.test(text.slice(at, end < 0 ? undefined : end)))
  }
  if (two === '/*') {
    const end = blockEnd(text, at)
    return upTo(text, at, end, end > 0 && text[at + 2] !== '+' && !/\{[{%#]/.test(text.slice(at, end)))
  }
  if (one === "'" || one === '"') return upTo(text, at, quoteEnd(text, at, one === "'" && /[eE]/.test(text[at - 1] ?? '')))
  if (one === '$') {
    const tag = /^\$(?:[\p{L}_][\p{L}\p{Nd}_]*)?\$/u.exec(text.slice(at, at + 64))?.[0]
    if (tag && !/[\p{L}\p{Nd}_]/u.test(text[at - 1] ?? '')) return upTo(text, at, after(text, tag, at + tag.length))
  }
  return upTo(text, at, at + 1)
}

function upTo(text: string, at: number, end: number, isComment = false, isJinja = false): Piece | undefined {
  return end < 0 ? undefined : { text: text.slice(at, end), end, isComment, isJinja }
}

/** The end of `{{ … }}` or `{% … %}`, whose strings may contain anything; for `{% raw %}` the end of its endraw. */
function tagEnd(text: string, at: number): number {
  const raw = /^\{%[-+]?\s*raw\s*[-+]?%\}/.exec(text.slice(at, at + 64))
  if (raw) return after(text, /\{%[-+]?\s*endraw\s*[-+]?%\}/g, at)
  const closer = text[at + 1] === '{' ? '}}' : '%}'
  for (let to = at + 2; to < text.length; ) {
    if (text.startsWith(closer, to)) return to + 2
    const string = /^(?:'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")/.exec(text[to] === "'" || text[to] === '"' ? text.slice(to) : '')
    to += string?.[0].length ?? 1
  }
  return -1
}

/** The end of a quoted SQL text, which may contain Jinja. A doubled quote ends one text and begins the next, with the same result. */
function quoteEnd(text: string, at: number, isEscaping: boolean): number {
  for (let to = at + 1; to < text.length; ) {
    if (text[to] === text[at]) return to + 1
    const isTag = text[to] === '{' && ['{', '%', '#'].includes(text[to + 1] ?? '')
    if (isTag) {
      to = text[to + 1] === '#' ? after(text, '#}', to + 2) : tagEnd(text, to)
      if (to < 0) return -1
    } else to += isEscaping && text[to] === '\\' ? 2 : 1
  }
  return -1
}

/** SQL comments nest. */
function blockEnd(text: string, at: number): number {
  let depth = 0
  for (let to = at; to < text.length; ) {
    const two = text.slice(to, to + 2)
    depth += two === '/*' ? 1 : two === '*/' ? -1 : 0
    to += two === '/*' || two === '*/' ? 2 : 1
    if (depth === 0) return to
  }
  return -1
}

function after(text: string, what: string | RegExp, from: number): number {
  if (typeof what === 'string') {
    const found = text.indexOf(what, from)
    return found < 0 ? -1 : found + what.length
  }
  what.lastIndex = from
  return what.exec(text) ? what.lastIndex : -1
}
