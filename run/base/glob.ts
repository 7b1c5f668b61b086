/** Python's fnmatch: `*`, `?`, `[abc]` and `[!abc]` on the whole text, case-sensitive; `*` also crosses `/`. */
export function fnmatch(text: string, pattern: string): boolean {
  return patternOf(pattern, '[^]*', '[^]').test(text)
}

/** Python's Path.glob over one path relative to the project: `*` stays within a folder, `**` crosses folders. */
export function globMatch(path: string, pattern: string): boolean {
  const clean = pattern.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
  const parts = clean.split('/').map(part => (part === '**' ? '**' : part))
  return match(path.split('/'), parts)

  function match(names: string[], wanted: string[]): boolean {
    const [first, ...rest] = wanted
    if (first === undefined) return names.length === 0
    if (first === '**') return names.some((_, index) => match(names.slice(index), rest)) || match([], rest)
    return names.length > 0 && patternOf(first, '[^/]*', '[^/]').test(names[0]!) && match(names.slice(1), rest)
  }
}

const patterns = new Map<string, RegExp>()

function patternOf(pattern: string, star: string, any: string): RegExp {
  const known = patterns.get(any + pattern)
  if (known) return known
  const source = pattern.replace(
    /\[(!?)(\]?[^\]]*)\]|[*?]|[\\^$.|+(){}[\]]/g,
    (whole, not: string | undefined, set: string | undefined) => {
      if (whole === '*') return star
      if (whole === '?') return any
      if (set === undefined) return `\\${whole}`
      const escaped = set.replace(/[\\\]^]/g, '\\$&')
      return `[${not ? '^' : ''}${escaped}]`
    },
  )
  const compiled = new RegExp(`^${source}$`)
  patterns.set(any + pattern, compiled)
  return compiled
}
