import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { type Found, prepareSearch, search } from './searchindex.ts'

/** The dialog of the full-text search: / or Ctrl+K opens it, arrows choose, Enter follows, Esc closes. */
export function Search() {
  const dialog = useRef<HTMLDialogElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<Found[]>([])
  const [chosen, choose] = useState(0)
  const id = useId()

  const open = () => {
    if (dialog.current?.open) return
    prepareSearch()
    dialog.current?.showModal()
    input.current?.select()
  }
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
      const isCall =
        (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) || (event.key === 'k' && (event.ctrlKey || event.metaKey))
      if (!isCall) return
      event.preventDefault()
      open()
    }
    addEventListener('keydown', key)
    return () => removeEventListener('keydown', key)
  }, [])
  useEffect(() => {
    let isOld = false
    search(query).then(list => {
      if (isOld) return
      setFound(list)
      choose(0)
    })
    return () => {
      isOld = true
    }
  }, [query])
  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen, id])

  const go = (one: Found | undefined) => {
    if (!one) return
    dialog.current?.close()
    location.hash = one.href.slice(1)
  }
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      choose(at => Math.max(0, Math.min(found.length - 1, at + step)))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      go(found[chosen])
    }
  }
  return (
    <>
      <button type="button" class="search-open" onClick={open} aria-label="Search" aria-keyshortcuts="/">
        <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
          <path
            d="M10.5 10.5 14.5 14.5M12 7A5 5 0 1 1 2 7a5 5 0 0 1 10 0z"
            fill="none"
            stroke="currentColor"
            stroke-width="1.7"
            stroke-linecap="round"
          />
        </svg>
        <span class="search-word">Search</span> <kbd>/</kbd>
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog by itself */}
      <dialog ref={dialog} class="search" aria-label="Search" onClick={event => event.target === dialog.current && dialog.current?.close()}>
        <div class="search-box">
          <input
            ref={input}
            type="text"
            role="combobox"
            placeholder="Reports, names, tables, columns, SQL"
            aria-label="Search reports, names, tables, columns, tests and SQL"
            aria-expanded={found.length > 0}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            {...(found.length > 0 ? { 'aria-activedescendant': `${id}-${chosen}` } : {})}
            spellcheck={false}
            autocomplete="off"
            value={query}
            onInput={event => setQuery(event.currentTarget.value)}
            onKeyDown={move}
          />
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        <div role="listbox" id={`${id}-list`} aria-label="Found" class="found">
          {found.map((one, at) => (
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            // biome-ignore lint/a11y/useKeyWithClickEvents: Enter goes to it
            <div
              role="option"
              key={one.id}
              id={`${id}-${at}`}
              aria-selected={at === chosen}
              onClick={() => go(one)}
              onMouseMove={() => choose(at)}
            >
              <span class={`found-title ${one.kind === 'report' || one.kind === 'figure' ? '' : 'mono'}`}>{one.title}</span>
              <span class="tag">{one.kind}</span>
              <span class="found-about">{one.about}</span>
            </div>
          ))}
        </div>
        <p class="search-foot" role="status">
          {query === ''
            ? 'Type to search.'
            : found.length === 0
              ? 'Nothing found.'
              : `${found.length === 40 ? 'The best 40' : found.length} found`}
          <span class="keys">
            <kbd>↑</kbd>
            <kbd>↓</kbd> choose <kbd>Enter</kbd> open <kbd>Esc</kbd> close
          </span>
        </p>
      </dialog>
    </>
  )
}
