import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Entity } from './entities.ts'

/** Where a record departs from the schema of its entity. */
export interface Verdict {
  /** At most 20 of `{path, rule, message, severity}`, as JSON. */
  json: string
  /** The first of severity error; undefined when there are but warnings. */
  rejected: string | undefined
}

/**
 * The check of one entity's records, compiled once: undefined when a record conforms. What breaks `$defs/required` (R11, R14, R15)
 * is an error, anything else a warning. No formats: SQL judges values, this tells at once what kind of feed it is.
 */
export function validator(entity: Entity): (record: unknown) => Verdict | undefined {
  const known = compiled.get(entity)
  if (known) return known
  const conforms: ValidateFunction = ajv.compile(JSON.parse(readFileSync(new URL(`schemas/${entity}.json`, import.meta.url), 'utf8')))
  const check = (record: unknown) => (conforms(record) ? undefined : verdict(conforms.errors ?? []))
  compiled.set(entity, check)
  return check
}

const compiled = new Map<Entity, (record: unknown) => Verdict | undefined>()

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false, strictTypes: false, verbose: true })

const ENTRIES = 20

// A person reads these, not regular expressions.
function told(pattern: string): string {
  if (pattern === '\\S') return 'must not be blank'
  return pattern.includes('.') ? 'must be a number' : 'must be a whole number'
}

function verdict(errors: ErrorObject[]): Verdict {
  const entries = errors
    .filter(error => error.keyword !== 'if' && !/\/anyOf\/\d/.test(error.schemaPath))
    .map(({ instancePath, keyword, message, parentSchema, schemaPath }) => ({
      path: instancePath,
      rule: keyword,
      message: keyword === 'anyOf' ? (parentSchema?.description as string) : keyword === 'pattern' ? told(parentSchema?.pattern) : message,
      severity: schemaPath.startsWith('#/$defs/required/') ? 'error' : 'warning',
    }))
    .sort((one, other) => one.severity.localeCompare(other.severity))
  const first = entries[0]
  return {
    json: JSON.stringify(entries.slice(0, ENTRIES)),
    rejected: first?.severity === 'error' ? `${first.path.slice(1).replaceAll('/', '.')} ${first.message}`.trim() : undefined,
  }
}
