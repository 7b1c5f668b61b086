import type { Answer } from './client.ts'
import { fieldOf } from './json.ts'
import { nextLink } from './link.ts'

/** How the end of a walk was recognised. `all-parents`: every id in the parents was requested. */
export type EndedBy = 'no-link' | 'short-page' | 'empty-probe' | 'no-token' | 'all-parents'

/** The step after a page. */
export type Step =
  | { query: Record<string, string>; isProbe: boolean }
  | { end: EndedBy }
  /** The walk is invalid. `isFinal`: another one would not help. */
  | { wrong: string; isFinal: boolean }

/** Leads from page to page. One per walk, as it remembers the previous pages. */
export interface Paginator {
  /** The parameters of the first page. */
  first: Record<string, string>
  after(page: { number: number; rows: number; answer: Answer }): Step
}

/** A paginator for each kind of list; `size` is the requested number of rows. */
export const paginators: Record<'link-page' | 'next-token', (size: number) => Paginator> = {
  'link-page': linkPage,
  'next-token': nextToken,
}

// A full page without Link may be the last one, or a proxy removed the header: the next page decides.
function linkPage(size: number): Paginator {
  let hasLinks = false
  let isProbe = false
  return {
    first: { page: '1' },
    after({ number, rows, answer }) {
      const link = nextLink(answer.link, answer.url, number)
      if (link && 'wrong' in link) return { wrong: `the Link header of page ${number} ${link.wrong}`, isFinal: true }
      if (link) hasLinks = true
      else if (rows === 0 && isProbe) return { end: 'empty-probe' }
      else if (rows < size) return { end: hasLinks || number === 1 ? 'no-link' : 'short-page' }
      isProbe = link === undefined
      return { query: { page: String(number + 1) }, isProbe }
    },
  }
}

// An empty page with a token is not the end, and a repeated token is an error.
function nextToken(): Paginator {
  const seen = new Set<string>()
  return {
    first: {},
    after({ number, answer }) {
      const token = fieldOf(answer.value, 'nextPage') ?? ''
      if (token === '') return { end: 'no-token' }
      if (typeof token !== 'string') return { wrong: `nextPage of page ${number} is not text`, isFinal: true }
      if (seen.has(token)) return { wrong: `nextPage of page ${number} was given before`, isFinal: false }
      seen.add(token)
      return { query: { nextPage: token }, isProbe: false }
    },
  }
}
