import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'

/** A tab of a list of tabs. */
export interface Tab {
  name: string
  content: () => ComponentChildren
}

/** Tabs with the usual keys: one tab stop, arrows between tabs. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const [chosen, choose] = useState(0)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const index = Math.min(chosen, tabs.length - 1)
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const next = (index + step + tabs.length) % tabs.length
    choose(next)
    list.current?.querySelectorAll('button')[next]?.focus()
  }
  if (tabs.length === 0) return null
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(({ name }, at) => (
          <button
            type="button"
            role="tab"
            key={name}
            id={`${id}-t${at}`}
            aria-controls={`${id}-p`}
            aria-selected={at === index}
            tabIndex={at === index ? 0 : -1}
            onClick={() => choose(at)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-p`} aria-labelledby={`${id}-t${index}`}>
        {tabs[index]?.content()}
      </div>
    </div>
  )
}
