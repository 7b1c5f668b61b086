import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Figure, FigureDisplay } from '../manifest/figure.ts'

type Attribute = 'name' | 'show' | 'title' | 'empty' | 'x' | 'y' | 'series' | 'id' | 'parent'

/** The required attributes of each display, and those allowed besides name, show, title and empty. */
const DISPLAYS: Record<FigureDisplay, { needs: Attribute[]; may: Attribute[] }> = {
  table: { needs: [], may: [] },
  value: { needs: [], may: ['y'] },
  bar: { needs: ['x', 'y'], may: ['series'] },
  line: { needs: ['x', 'y'], may: ['series'] },
  area: { needs: ['x', 'y'], may: ['series'] },
  tree: { needs: ['x', 'id', 'parent'], may: ['y'] },
}

const ATTRIBUTES: Attribute[] = ['name', 'show', 'title', 'empty', 'x', 'y', 'series', 'id', 'parent']

/** Names of displays in other tools. */
const OTHER_WORDS: Record<string, string> = {
  type: 'Write show=….',
  chart: 'Write show=….',
  display: 'Write show=….',
  group: 'Write series=….',
  color: 'Write series=….',
  label: 'Set it under columns: in the front matter.',
  format: 'Set it under columns: in the front matter.',
  unit: 'Set it under columns: in the front matter.',
}

/**
 * The figure of a fence: `text` follows ```sql, at `place`; `sql` is the content of the fence. Undefined without a name or a known display;
 * mistakes go to `errors`.
 */
export function figureOf(text: string, place: Place, sql: string, errors: ProjectError[]): Figure | undefined {
  const found = attributesOf(text, place, errors)
  const get = (name: Attribute): string | null => found.get(name)?.value ?? null
  const fail = (message: string, at: Place | undefined, hint: string): void => {
    errors.push(new ProjectError(message, { place: at ?? place, hint }))
  }
  const name = get('name')
  const display = (get('show') ?? 'table') as FigureDisplay
  if (name === null)
    fail('This figure has no name', undefined, 'Add name=…, a word of letters, digits and _; for SQL that is only displayed use ```text.')
  else if (!/^[a-z_][a-z0-9_]*$/i.test(name)) fail(`Invalid name '${name}'`, found.get('name')?.at, 'Use letters, digits and _ only.')
  if (!Object.hasOwn(DISPLAYS, display)) {
    const known = Object.keys(DISPLAYS)
    const hint = didYouMean(display, known) ?? `Expected one of ${known.join(', ')}.`
    fail(`A figure cannot be shown as '${display}'`, found.get('show')?.at, hint)
    return undefined
  }
  const { needs, may } = DISPLAYS[display]
  const missing = needs.filter(attribute => !found.has(attribute))
  if (missing.length > 0)
    fail(
      `A figure with show=${display} needs ${missing.join(' and ')}`,
      found.get('show')?.at,
      `Add ${missing.map(attribute => `${attribute}=…`).join(' ')}: columns of the query.`,
    )
  for (const attribute of ATTRIBUTES.slice(4))
    if (found.has(attribute) && ![...needs, ...may].includes(attribute))
      fail(`A figure with show=${display} has no ${attribute}`, found.get(attribute)?.key, `Remove it, or change show=.`)
  const y = (get('y') ?? '')
    .split(',')
    .map(column => column.trim())
    .filter(Boolean)
  if (y.length > 1 && found.has('series'))
    fail(
      'A figure with a series can have only one y',
      found.get('y')?.at,
      'Its lines are the values of the series: name one column of numbers.',
    )
  if (name === null) return undefined
  return {
    kind: 'figure',
    name,
    title: get('title') ?? inWords(name),
    display,
    x: get('x'),
    y,
    series: get('series'),
    id: get('id'),
    parent: get('parent'),
    empty: get('empty') ?? 'There is nothing to show.',
    sql,
    place: { file: place.file, line: place.line! + 1, column: 1 },
    places: new Map([...found].map(([attribute, { at }]) => [attribute, at])),
  }
}

/** A name for readers: `Days left` for `days_left`. */
export function inWords(name: string): string {
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

interface Given {
  value: string
  /** Places of the name and of the value. */
  key: Place
  at: Place
}

// A word, and after = a word or a quoted text.
const WORD = /\s*(?:([\w.-]+)=(?:"([^"]*)"|'([^']*)'|([^\s"']+))?|(\S+))/y

function attributesOf(text: string, { file, line, column = 1 }: Place, errors: ProjectError[]): Map<Attribute, Given> {
  const found = new Map<Attribute, Given>()
  WORD.lastIndex = 0
  for (let match = WORD.exec(text); match; match = WORD.exec(text)) {
    const [whole, name = '', double, single, bare, alone] = match
    const start = match.index + whole.length - whole.trimStart().length
    const key: Place = { file, ...(line === undefined ? {} : { line }), column: column + start }
    const fail = (message: string, hint: string): void => {
      errors.push(new ProjectError(message, { place: key, hint }))
    }
    const value = double ?? single ?? bare
    if (alone !== undefined) fail(`Unknown attribute '${alone}' of a figure`, hintForWord(alone, found))
    else if (!ATTRIBUTES.includes(name as Attribute)) {
      const hint = Object.hasOwn(OTHER_WORDS, name) ? OTHER_WORDS[name] : didYouMean(name, ATTRIBUTES)
      fail(`Unknown attribute '${name}' of a figure`, hint ?? `Known attributes: ${ATTRIBUTES.join(', ')}.`)
    } else if (value === undefined || value === '')
      fail(`The attribute '${name}' is empty`, `Write ${name}=…, in quotes where it has spaces.`)
    else if (found.has(name as Attribute)) fail(`The attribute '${name}' is given twice`, 'Keep one of them.')
    else {
      const quote = double !== undefined || single !== undefined ? 1 : 0
      found.set(name as Attribute, { value, key, at: { ...key, column: key.column! + name.length + 1 + quote } })
    }
  }
  return found
}

function hintForWord(word: string, found: Map<Attribute, Given>): string {
  if (Object.hasOwn(DISPLAYS, word)) return `Write show=${word}.`
  if (/["']/.test(word)) return 'Close the quotes: title="Spend by month".'
  return found.has('name') ? 'Write attribute=value, in quotes where it has spaces.' : `Write name=${word}.`
}
