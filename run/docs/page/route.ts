import { useEffect, useState } from 'preact/hooks'

/** The current address: `#/node/model.shop.orders?depth=2` is ['node', 'model.shop.orders'] with depth 2. */
export interface Route {
  parts: string[]
  query: URLSearchParams
}

/** The route in the address bar; a component that uses it is redrawn when it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return parseRoute(hash)
}

/** A link within the page. Parts and values may contain any character. */
export function to(parts: string[], query: Record<string, string | number | undefined> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
  return `#/${parts.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`
}

/** Goes to a link of to() without a new history entry: for filters and sliders. */
export function replaceRoute(link: string): void {
  history.replaceState(null, '', link)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Stores the scroll position with each history entry, so that going back restores it. */
export function rememberScroll(): void {
  history.scrollRestoration = 'manual'
  let timer: ReturnType<typeof setTimeout> | undefined
  addEventListener(
    'scroll',
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => history.replaceState({ top: scrollY }, ''), 120)
    },
    { passive: true },
  )
}

/** The scroll position of this history entry; 0 for a new one. */
export function rememberedScroll(): number {
  return (history.state as { top?: number } | null)?.top ?? 0
}

function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return { parts: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(search) }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
