import { trim } from './fields.ts'
import { type Judged, newestOf, type Row } from './records.ts'
import type { Seeds } from './seeds.ts'

/**
 * core.user_agent_mapping (R29): the users of the feed and of current cards and transactions, matched by override, email or folded name.
 */
export function mapUsers(records: Judged[], children: Judged[], agents: Row[], seeds: Seeds): Row[] {
  const ids = [...records.map(({ key }) => key), ...children.map(({ values }) => values.user_id)]
  const users = [...new Set(ids.filter(id => typeof id === 'string'))].map(user_id => {
    const record = records.find(({ key }) => key === user_id)
    const named = children.filter(
      child => child.entity === 'transactions' && child.values.user_id === user_id && typeof child.values.user_name === 'string',
    )
    const [user_name, from] = record?.values.name ? [record.values.name, record] : [newestOf(named)?.values.user_name, newestOf(named)]
    return { user_id, user_name: user_name ?? null, email: record?.values.email ?? null, source: from?.batch.name ?? null }
  })

  return users.map(({ user_id, user_name, email, source }) => {
    const row = { user_id, user_name, source }
    const override = seeds.user_agent_overrides.find(
      line => line.user_id === user_id && agents.some(agent => agent.agent_id === line.agent_id),
    )
    if (override) return { ...row, agent_id: override.agent_id, matched_by: 'override' }
    const byEmail = onlyBoth(email, lowerCase, users, 'email', agents, 'email')
    if (byEmail) return { ...row, agent_id: byEmail, matched_by: 'email' }
    const byName = onlyBoth(user_name, foldedName, users, 'user_name', agents, 'name')
    return { ...row, agent_id: byName ?? null, matched_by: byName ? 'name' : 'none' }
  })
}

/** The only agent with the text of a user, if no other user has it. */
function onlyBoth(
  text: string | null,
  folded: (text: string) => string,
  users: Row[],
  ofUser: string,
  agents: Row[],
  ofAgent: string,
): string | undefined {
  const isAlike = (other: string | null | undefined) => text !== null && folded(text) !== '' && folded(other ?? '') === folded(text)
  const alike = agents.filter(agent => isAlike(agent[ofAgent]))
  const isUnique = alike.length === 1 && users.filter(user => isAlike(user[ofUser])).length === 1
  return isUnique ? (alike[0]?.agent_id ?? undefined) : undefined
}

/** A name for comparison by R29. */
export function foldedName(name: string): string {
  const bare = name.normalize('NFKD').replace(/[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g, '')
  const [last, first, ...more] = lowerCase(bare).replaceAll('ς', 'σ').split(',')
  const ordered = first !== undefined && more.length === 0 ? `${first} ${last}` : lowerCase(bare).replaceAll('ς', 'σ')
  return trim(ordered).replace(/[ \t\r\n\f\v]+/g, ' ')
}

/** Lower case, character by character: if one would become several, the first of them. */
export function lowerCase(text: string): string {
  return [...text].map(character => [...character.toLowerCase()][0]).join('')
}
