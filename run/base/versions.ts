import { readFileSync } from 'node:fs'

/** Our own version, from package.json. */
export const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

/** The version of dbt whose behaviour this runner follows. */
export const DBT_VERSION = '1.12.3'

/** The first condition of `require-dbt-version` (`>=1.0.0`, `<2.0.0`) that DBT_VERSION does not meet; undefined when it meets all. */
export function unmetVersion(conditions: string[]): string | undefined {
  return conditions.flatMap(text => text.split(',')).find(text => !fulfils(text.trim()))
}

function fulfils(condition: string): boolean {
  const [, operator = '=', version = ''] = /^(>=|<=|>|<|!=|={1,2})?\s*v?(\d[\w.]*)$/.exec(condition) ?? []
  if (version === '') return false
  const order = compare(DBT_VERSION, version)
  return { '>=': order >= 0, '<=': order <= 0, '>': order > 0, '<': order < 0, '!=': order !== 0 }[operator] ?? order === 0
}

function compare(left: string, right: string): number {
  const [a, b] = [left, right].map(text => text.split('.').map(part => Number.parseInt(part, 10) || 0)) as [number[], number[]]
  for (let i = 0; i < Math.max(a.length, b.length); i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}
