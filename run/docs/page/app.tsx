import { useEffect, useRef } from 'preact/hooks'
import { AnswersPage, ReportPage } from './answers.tsx'
import { CataloguePage } from './catalogue.tsx'
import { ColumnPage } from './column.tsx'
import { EntitiesPage } from './entities.tsx'
import { PlaceContext } from './figures/place.ts'
import { instant, plural } from './format.ts'
import { LineagePage } from './lineage.tsx'
import { MacroPage } from './macro.tsx'
import { data, place } from './model.ts'
import { NodePage } from './node.tsx'
import { OverviewPage } from './overview.tsx'
import { QualityPage } from './quality.tsx'
import { type Route, rememberedScroll, to, useRoute } from './route.ts'
import { RunsPage } from './runs.tsx'
import { Search } from './search.tsx'
import { TestPage, UnitPage } from './tests.tsx'
import { type Theme, useTheme } from './theme.ts'

const MENU = [
  ['', 'Answers'],
  ['overview', 'Overview'],
  ['catalogue', 'Catalogue'],
  ['lineage', 'Lineage'],
  ['quality', 'Quality'],
  ['runs', 'Runs'],
  ['entities', 'Entities'],
] as const

// The page for each first part of a link, and its menu entry.
const PAGES: Record<string, { menu: string; page: (route: Route) => preact.JSX.Element }> = {
  '': { menu: '', page: () => <AnswersPage /> },
  report: { menu: '', page: ({ parts, query }) => <ReportPage name={parts[1] ?? ''} figure={query.get('figure')} key={parts[1]} /> },
  overview: { menu: 'overview', page: () => <OverviewPage /> },
  catalogue: { menu: 'catalogue', page: route => <CataloguePage route={route} /> },
  node: { menu: 'catalogue', page: ({ parts }) => <NodePage id={parts[1] ?? ''} key={parts[1]} /> },
  test: { menu: 'catalogue', page: ({ parts }) => <TestPage id={parts[1] ?? ''} key={parts[1]} /> },
  unit: { menu: 'catalogue', page: ({ parts }) => <UnitPage id={parts[1] ?? ''} key={parts[1]} /> },
  macro: { menu: 'catalogue', page: ({ parts }) => <MacroPage id={parts[1] ?? ''} key={parts[1]} /> },
  lineage: { menu: 'lineage', page: route => <LineagePage route={route} key={route.parts[1]} /> },
  column: { menu: 'lineage', page: route => <ColumnPage route={route} key={route.parts.join('/')} /> },

  quality: { menu: 'quality', page: route => <QualityPage route={route} /> },
  runs: { menu: 'runs', page: route => <RunsPage route={route} /> },
  entities: { menu: 'entities', page: () => <EntitiesPage /> },
}

/** The page: a header with menu and search, and the content that the address names. */
export function App() {
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  const { menu, page } = PAGES[route.parts[0] ?? ''] ?? PAGES['']!
  const path = route.parts.join('/')
  // A new page begins at its top, and its heading is announced.
  useEffect(() => {
    document.querySelector('.top [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
    const heading = main.current?.querySelector('h1')
    document.title = heading && path ? `${heading.textContent} · ${data.project.name}` : data.project.name
    if (isFirst.current) isFirst.current = false
    else {
      heading?.focus({ preventScroll: true })
      if (!route.query.has('figure')) scrollTo(0, rememberedScroll())
    }
  }, [path])
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.querySelector('h1')?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/">
          <Mark /> {data.project.name}
        </a>
        <nav aria-label="Pages">
          {MENU.map(([name, title]) => (
            <a key={name} href={to(name ? [name] : [])} {...(name === menu ? { 'aria-current': 'page' as const } : {})}>
              {title}
            </a>
          ))}
        </nav>
        <div class="tools">
          <Search />
          <ThemeSwitch />
        </div>
      </header>
      <main id="main" ref={main}>
        {path !== 'overview' && data.errors.length > 0 && (
          <a class="notice bad banner" href="#/overview">
            ✗ {plural(data.errors.length, 'error')} in the project: this page shows what could be read
          </a>
        )}
        <PlaceContext.Provider value={place}>{page(route)}</PlaceContext.Provider>
      </main>
      <footer class="foot">
        Written {instant(data.generatedAt)} UTC by {data.invocation.command}. One file: it works offline.
      </footer>
    </>
  )
}

function ThemeSwitch() {
  const [theme, setTheme] = useTheme()
  const next: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' }
  const sign: Record<Theme, string> = { auto: '◐', light: '☀', dark: '☾' }
  return (
    <button
      type="button"
      class="quiet theme"
      onClick={() => setTheme(next[theme])}
      aria-label={`Colours: ${theme}. Change to ${next[theme]}.`}
      title={`Colours: ${theme}`}
    >
      <span aria-hidden="true">{sign[theme]}</span>
    </button>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d="M3 4h14M3 10h9M3 16h5" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" />
    </svg>
  )
}
