import type { Sql } from '../database/driver.ts'
import type { Request } from '../database/introspection.ts'
import type { Listed } from '../database/relations.ts'
import { meaningOf } from '../graph/meaning.ts'
import type { Node, Project } from '../manifest/node.ts'

/** Tells whether SQL reads more than what its node names with ref() and source(). */
export interface OutsideReads {
  /** Looks at a node's compiled SQL and at what its template asked the database while it was compiled. True when in doubt. */
  isIn(node: Node, sql: string, asked: Request[]): boolean
}

/**
 * Finds reads from outside of all nodes: the time, random values, settings, the catalogue, functions of users (which may read anything),
 * and relations of this database that a text names though they are not among the node's parents.
 */
export async function outsideReads(sql: Sql, project: Project, relations: Listed[]): Promise<OutsideReads> {
  const functions = await sql<{ name: string }[]>`
    select distinct proname as name from pg_proc
    where provolatile = 'v'
        or (provolatile = 's' and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))`
  const uncertain = new Set(functions.map(({ name }) => name))
  const there = new Set(relations.map(({ schema, name }) => `${schema}.${name}`.toLowerCase()))
  const visible = new Set(relations.filter(({ isVisible }) => isVisible).map(({ name }) => name.toLowerCase()))
  return {
    isIn(node, text, asked) {
      const own = ownNames(project, node)
      return asked.some(request => isElsewhere(request, own)) || [text, ...queriesOf(asked)].some(sql => reads(sql, own))
    },
  }

  function reads(text: string, own: Set<string>): boolean {
    const said = meaningOf(text).toLowerCase()
    return (
      PATTERN.test(said) ||
      [...said.matchAll(/([a-z_]\w*)\s*\(/g)].some(([, name = '']) => uncertain.has(name) || STABLE.test(name)) ||
      namesAnother(said, own)
    )
  }

  function namesAnother(said: string, own: Set<string>): boolean {
    const pairs = said.matchAll(/(?:"([^"]+)"|\b([a-z_]\w*))\s*\.\s*(?=(?:"([^"]+)"|([a-z_]\w*)))/g)
    for (const [, a, b, c, d] of pairs) {
      const name = `${a ?? b}.${c ?? d}`
      if (there.has(name) && !own.has(name)) return true
    }
    if (visible.size === 0) return false
    const ctes = new Set(
      [...said.matchAll(/([a-z_]\w*|"[^"]+")\s*(?:\([^()]*\)\s*)?as\s+(?:not\s+)?(?:materialized\s*)?\(/g)].map(([, name]) => name),
    )
    const bare = said.matchAll(/(?:\b(?:from|join|only|table)\s+|,\s*)("[^"]+"|[a-z_]\w*)(?!\s*[.(\w"])/g)
    return [...bare].some(([, name = '']) => visible.has(name.replaceAll('"', '')) && !ctes.has(name))
  }
}

function isElsewhere(request: Request, own: Set<string>): boolean {
  if (request.kind === 'query') return false
  return !('identifier' in request) || !own.has(`${request.schema}.${request.identifier}`.toLowerCase())
}

// Stable functions and keywords whose value does not depend on their arguments; others, such as to_char, depend on settings that a session
// keeps.
const STABLE =
  /^(?:now|age|(?:transaction|statement)_timestamp|current_(?:setting|database|schemas?|query)|version|has_\w+|txid_\w+|to_reg\w+|inet_\w+|pg_(?!typeof|size_)\w+)$/
const PATTERN =
  /\b(?:current_(?:date|time|timestamp|user|role|catalog|schema)|localtime|localtimestamp|session_user|system_user|tablesample|information_schema|pg_catalog)\b|\bpg_\w+\b(?!\s*\()|'(?:now|today|tomorrow|yesterday)'/

function queriesOf(asked: Request[]): string[] {
  return asked.flatMap(request => (request.kind === 'query' ? [request.sql] : []))
}

// The node and its parents; for ephemeral parents also theirs, as an ephemeral model is a part of the node's SQL.
function ownNames(project: Project, node: Node): Set<string> {
  const names = new Set<string>()
  const seen = new Set<string>()
  const add = (one: Node): void => {
    if (seen.has(one.uniqueId)) return
    seen.add(one.uniqueId)
    names.add(`${one.schema}.${one.source?.identifier ?? one.alias}`.toLowerCase())
    if (one !== node && one.config.materialized !== 'ephemeral') return
    for (const id of one.dependsOn) {
      const parent = project.nodes.get(id) ?? project.sources.get(id)
      if (parent) add(parent)
    }
  }
  add(node)
  return names
}
