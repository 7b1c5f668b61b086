/** Makes a text from the feed or the database safe to print: removes what a terminal would obey, and reversed writing directions. */
export function harmless(text: string): string {
  return text.replace(unruly, character => (character === '\n' || character === '\t' ? character : '�'))
}

/** The same, in one line, for a name or a cell. */
export function inOneLine(text: string): string {
  return text.replace(unruly, character => (character === '\n' ? '⏎' : character === '\t' ? ' ' : '�'))
}

/** Removes names and passwords from addresses in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//')
}

// Control characters, and those that change the direction of writing.
const unruly = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
