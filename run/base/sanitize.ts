/** A text from the feed or the database as a terminal may get it: nothing in it that a terminal would obey, no text that runs backwards. */
export function harmless(text: string): string {
  return text.replace(unruly, character => (character === '\n' || character === '\t' ? character : '�'))
}

/** The same in one line: a name or a cell. */
export function inOneLine(text: string): string {
  return text.replace(unruly, character => (character === '\n' ? '⏎' : character === '\t' ? ' ' : '�'))
}

/** A text without the names and passwords that stand in addresses in it. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//')
}

// Control characters, and those that turn the direction of writing.
const unruly = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
