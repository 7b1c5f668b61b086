/** The next page after `current` in a Link header. */
export type NextLink = { page: number } | { wrong: string } | undefined

/**
 * Reads only the page number of `Link: <…&page=2>; rel="next"`; the URL itself is never called, as it could lead anywhere. It must be the
 * requested address with the next number; undefined when the header names no next page.
 */
export function nextLink(header: string | null, asked: URL, current: number): NextLink {
  const targets = [...(header ?? '').matchAll(/<([^>]*)>([^<]*)/g)].filter(([, , rest]) => isNext(rest!))
  const [first, ...others] = targets.map(([, target]) => target!)
  if (first === undefined) return undefined
  if (others.length > 0) return { wrong: 'names two next pages' }
  if (!URL.canParse(first, asked.href)) return { wrong: 'is not a valid URL' }

  const { origin, pathname, searchParams } = new URL(first, asked)
  if (origin !== asked.origin) return { wrong: `leads to ${origin}, not to ${asked.origin}` }
  if (pathname !== asked.pathname) return { wrong: `leads to ${pathname}, not to ${asked.pathname}` }
  const pages = searchParams.getAll('page')
  if (pages.length !== 1 || pages[0] !== String(current + 1))
    return { wrong: `leads from page ${current} to page ${pages.join(', ') || 'unknown'}` }
  return { page: current + 1 }
}

function isNext(parameters: string): boolean {
  const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters) ?? []
  return (quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes('next')
}
