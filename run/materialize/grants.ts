import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Sql } from '../database/driver.ts'
import { qualified } from '../database/relations.ts'
import type { Node } from '../manifest/node.ts'
import { quote } from '../manifest/relation.ts'

/** A privilege that somebody has. */
interface Grant {
  privilege: string
  grantee: string
}

/**
 * Applies the config `grants` as dbt does: `{select: [reader]}` makes the privileges that this user granted on the relation exactly those,
 * and revokes the others. Without `grants`, or with an empty one, nothing changes. Gives the statements that it ran.
 */
export async function applyGrants(sql: Sql, node: Node): Promise<string[]> {
  const config = (node.config.grants ?? {}) as Record<string, unknown>
  if (Object.keys(config).length === 0 || node.config.materialized === 'ephemeral') return []
  const wanted = await wantedGrants(sql, node, config)
  const present = await presentGrants(sql, node)
  const relation = qualified(node.schema, node.alias)
  const statements = [
    ...missingFrom(wanted, present).map(({ privilege, grantee }) => `revoke ${privilege} on ${relation} from ${roleText(grantee)}`),
    ...missingFrom(present, wanted).map(({ privilege, grantee }) => `grant ${privilege} on ${relation} to ${roleText(grantee)}`),
  ]
  for (const statement of statements) await sql.unsafe(statement)
  return statements
}

const privileges = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']

async function wantedGrants(sql: Sql, node: Node, config: Record<string, unknown>): Promise<Grant[]> {
  const roles = (await sql<{ name: string }[]>`select rolname as name from pg_roles`).map(row => row.name)
  return Object.entries(config).flatMap(([written, grantees]) => {
    const privilege = written.toLowerCase()
    if (!privileges.includes(privilege)) {
      throw new ProjectError(`Unknown privilege '${written}' in the grants of ${node.name}`, {
        place: node.patch ?? node.place,
        hint: didYouMean(privilege, privileges) ?? `Expected one of ${privileges.join(', ')}.`,
      })
    }
    return (Array.isArray(grantees) ? grantees : [grantees]).map(name => ({ privilege, grantee: roleNamed(String(name), roles, node) }))
  })
}

// PostgreSQL folds a name without quotes, and dbt writes none: `Reader` is reader, unless there is a "Reader".
function roleNamed(name: string, roles: string[], node: Node): string {
  const found = [name, name.toLowerCase()].find(candidate => roles.includes(candidate))
  if (found !== undefined) return found
  if (name.toLowerCase() === 'public') return 'public'
  throw new ProjectError(`The grants of ${node.name} name the role '${name}', but the database has no such role`, {
    place: node.patch ?? node.place,
    hint: didYouMean(name, roles) ?? `Create it first: create role ${quote(name.toLowerCase())}.`,
  })
}

// Only what this user granted: the owner's own privileges and those granted by others are not revoked.
async function presentGrants(sql: Sql, node: Node): Promise<Grant[]> {
  const rows = await sql<Grant[]>`
    select
        lower(acl.privilege_type) as privilege,
        case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as grantee
    from pg_class
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    cross join aclexplode(pg_class.relacl) as acl
    where nspname = ${node.schema}
        and relname = ${node.alias}
        and acl.grantee != pg_class.relowner
        and acl.grantor = current_user::regrole
    order by 1, 2
  `
  return [...rows]
}

function missingFrom(grants: Grant[], others: Grant[]): Grant[] {
  return others.filter(other => !grants.some(grant => grant.privilege === other.privilege && grant.grantee === other.grantee))
}

function roleText(grantee: string): string {
  return grantee === 'public' ? 'public' : quote(grantee)
}
