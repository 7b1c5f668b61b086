import { useEffect, useState } from 'preact/hooks'

/** The reader's choice; auto follows the system. */
export type Theme = 'auto' | 'light' | 'dark'

/** The choice and its setter. It is stored where the browser allows that. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(kept)
  useEffect(() => {
    document.documentElement.dataset.theme = theme
    dispatchEvent(new Event('themechange'))
  }, [theme])
  return [
    theme,
    next => {
      setTheme(next)
      try {
        localStorage.setItem('deskledger-theme', next)
      } catch {
        // A file may have no storage: the choice then lasts as long as the page.
      }
    },
  ]
}

/** A number that grows with each change between light and dark, for what must be redrawn (charts). */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0)
  useEffect(() => {
    const changed = () => setVersion(value => value + 1)
    const system = matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', changed)
    addEventListener('themechange', changed)
    return () => {
      system.removeEventListener('change', changed)
      removeEventListener('themechange', changed)
    }
  }, [])
  return version
}

/** The present colour of a CSS variable, in a form that charts understand. */
export function colorOf(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function kept(): Theme {
  try {
    const theme = localStorage.getItem('deskledger-theme')
    return theme === 'light' || theme === 'dark' ? theme : 'auto'
  } catch {
    return 'auto'
  }
}
