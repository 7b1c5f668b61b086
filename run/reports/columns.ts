import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Figure, FigureFormat, ResultColumn } from '../manifest/figure.ts'
import type { ReportNode } from '../manifest/node.ts'

/** Mistakes in a figure's attributes and in the formats of its columns, compared with the columns of its query. */
export function columnMistakes(report: ReportNode, figure: Figure, columns: ResultColumn[]): ProjectError[] {
  const errors: ProjectError[] = []
  const names = columns.map(({ name }) => name)
  for (const attribute of ['x', 'y', 'series', 'id', 'parent'] as const)
    for (const name of [figure[attribute] ?? []].flat()) {
      const place = figure.places.get(attribute)
      const column = columns.find(one => one.name === name)
      if (!column)
        errors.push(
          new ProjectError(`${attribute} of the figure '${figure.name}' is the column '${name}', which its query does not return`, {
            place,
            hint: didYouMean(name, names) ?? `It returns ${names.join(', ')}.`,
          }),
        )
      else if (attribute === 'y' && kindOf(column.type) !== 'number')
        errors.push(
          new ProjectError(`y of the figure '${figure.name}' is the column '${name}', which is not numeric`, {
            place,
            hint: 'Name a column of numbers, or cast it in the query.',
          }),
        )
    }
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined)
    errors.push(
      new ProjectError(`The query of the figure '${figure.name}' returns two columns '${twice}'`, {
        place: figure.place,
        hint: 'Rename one of them: … as another_name.',
      }),
    )
  for (const { name, type } of columns) {
    const { format, formatAt } = report.words.get(name) ?? {}
    const needed = format && NEEDS[format]
    if (needed && needed !== kindOf(type))
      errors.push(
        new ProjectError(`The format ${format} needs ${WORDS[needed]}, but the column '${name}' of '${figure.name}' has another type`, {
          place: formatAt,
          hint: 'Cast it in the query, or remove the format.',
        }),
      )
  }
  return errors
}

/** Mistakes in the front matter about columns that no figure has, once all figures are known. */
export function unusedWords(report: ReportNode, names: Set<string>): ProjectError[] {
  return [...report.words]
    .filter(([name]) => !names.has(name))
    .map(
      ([name, { place }]) =>
        new ProjectError(`No figure of the report '${report.name}' has the column '${name}'`, {
          place,
          hint: didYouMean(name, names) ?? 'Remove it.',
        }),
    )
}

/** The default format of a column, by its type. */
export function formatOf({ type }: Pick<ResultColumn, 'type'>): FigureFormat {
  if (INTEGERS.has(type)) return 'integer'
  return ({ number: 'decimal', day: type === DATE ? 'date' : 'instant', flag: 'boolean', other: 'text' } as const)[kindOf(type)]
}

type Kind = 'number' | 'day' | 'flag' | 'other'

const NEEDS: Partial<Record<FigureFormat, Kind>> = {
  integer: 'number',
  decimal: 'number',
  money: 'number',
  percent: 'number',
  date: 'day',
  month: 'day',
  instant: 'day',
  boolean: 'flag',
}
const WORDS: Record<Kind, string> = { number: 'numbers', day: 'dates and times', flag: 'true and false', other: 'anything' }

// OIDs of PostgreSQL's own types, which never change.
const INTEGERS = new Set([20, 21, 23])
const NUMBERS = new Set([...INTEGERS, 700, 701, 1700])
const DATE = 1082
const DAYS = new Set([DATE, 1114, 1184])
const BOOLEAN = 16

function kindOf(type: number): Kind {
  if (NUMBERS.has(type)) return 'number'
  if (DAYS.has(type)) return 'day'
  return type === BOOLEAN ? 'flag' : 'other'
}
