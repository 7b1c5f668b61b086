import { type Place, ProjectError } from '../base/errors.ts'

/**
 * The parameters that a connection URL names, by the grammar of libpq: any part may be percent-encoded, a user or a host may be missing,
 * and parameters may give what the parts do not. `from` is the source of the URL, such as DATABASE_URL. Throws a ProjectError where psql
 * would refuse the URL too; its message never quotes a part that may hold a password.
 */
export function readUrl(url: string, from: string): Parameters {
  const fail = (what: string, hint = FORM): never => {
    throw new ProjectError(`${from} ${what}`, { hint })
  }
  if (/^\s*\w+\s*=/.test(url)) fail('is a list of keywords and values')
  const parts =
    /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?(\[[^\]]*\]|[^:/?,]*)(?::([^/?,]*))?(,[^/?]*)?(?:\/([^?]*))?(?:\?(.*))?$/s.exec(
      url,
    )
  if (!/^postgres(ql)?:\/\//.test(url)) fail('is not a PostgreSQL URL: it does not begin with postgres://')
  if (!parts) fail('is not a valid URL')
  const [, user, password, host = '', port, others, database, query = ''] = parts as unknown as string[]
  if (others) fail('names several hosts', 'Name one of them: a build works on one server.')

  const found: Parameters = new Map()
  const add = (name: string, text: string | undefined, isGiven = Boolean(text)) => {
    if (isGiven && text !== undefined) found.set(name, { value: decoded(text, name), from })
  }
  add('user', user)
  add('password', password)
  add('host', host.startsWith('[') ? host.slice(1, -1) : host)
  add('port', port)
  add('dbname', database)
  for (const pair of query.split('&').filter(Boolean)) {
    const at = pair.indexOf('=')
    if (at < 1) fail(`has the parameter '${pair}' without a value`)
    const [name, value] = [decoded(pair.slice(0, at), 'name of a parameter'), pair.slice(at + 1)]
    // A parameter of JDBC that libpq accepts.
    if (name === 'ssl' && value === 'true') add('sslmode', 'require')
    else add(name, value, true)
  }
  return found

  function decoded(text: string, name: string): string {
    try {
      const value = decodeURIComponent(text)
      if (!value.includes('\0')) return value
    } catch {}
    return fail(`has a ${name} that is not percent-encoded text`)
  }
}

const FORM = 'Write it as postgres://user:password@host:5432/database, with @ : / % # ? of a password percent-encoded (%40 for @).'

/** Connection parameters by libpq's names, each with its source. */
export type Parameters = Map<string, { value: string; from: string; place?: Place | undefined }>

/** The value of a parameter; an empty one counts as missing. */
export function textOf(known: Parameters, name: string): string | undefined {
  return known.get(name)?.value || undefined
}

/** Throws the error that a parameter cannot be used, with its source. */
export function refuse(known: Parameters, name: string, what: string, hint?: string): never {
  const { from, place } = known.get(name) ?? { from: 'The default of PostgreSQL', place: undefined }
  throw new ProjectError(`${from}: ${what}`, { place, hint })
}
