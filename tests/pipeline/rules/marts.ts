import { compareText } from './batches.ts'
import type { OpenError } from './errors.ts'
import { entities } from './feed.ts'
import { groupsAbove, groupsBelow } from './groups.ts'
import type { Row } from './records.ts'
import type { World } from './world.ts'

/** marts.daily_agent_status, from agent_status_history; the day before is the last one with a row of the agent. */
export function dailyAgentStatus(history: Row[]): Row[] {
  const dates = [...new Set(history.map(row => row.sync_date ?? ''))].sort()
  return dates.map((sync_date, index) => {
    const today = history.filter(row => row.sync_date === sync_date)
    const wasActive = (row: Row) => history.find(old => old.sync_date === dates[index - 1] && old.agent_id === row.agent_id)?.is_active
    const count = (counts: (row: Row) => boolean) => String(today.filter(counts).length)
    return {
      sync_date,
      known: count(() => true),
      active: count(row => row.is_active === 'true'),
      inactive: count(row => row.is_active === 'false'),
      deactivated: count(row => row.is_deactivated === 'true'),
      joined: count(row => index > 0 && wasActive(row) === undefined),
      newly_inactive: count(row => row.is_active === 'false' && wasActive(row) === 'true'),
      returned: count(row => row.is_active === 'true' && wasActive(row) === 'false'),
    }
  })
}

/** marts.group_headcount: a group's place in the tree, and the distinct agents of it and of all groups below it. */
export function groupHeadcount(groups: Row[], membership: Row[], agents: Row[]): Row[] {
  const isActive = (agent_id: string | null | undefined) => agents.some(agent => agent.agent_id === agent_id && agent.is_active === 'true')
  return groups.map(group => {
    const above = groupsAbove(groups, group.group_id)
    const others = [...new Set(above)].filter(id => id !== group.group_id)
    const names = [group.group_id, ...others].map(id => groups.find(other => other.group_id === id)?.name)
    const membersOf = (ids: (string | null | undefined)[]) => [
      ...new Set(membership.filter(member => ids.includes(member.group_id)).map(member => member.agent_id)),
    ]
    const direct = membersOf([group.group_id])
    const tree = membersOf([group.group_id, ...groupsBelow(groups, group.group_id)])
    return {
      group_id: group.group_id ?? null,
      name: group.name ?? null,
      path: names.reverse().join(' / '),
      depth: String(others.length),
      is_in_cycle: String(above.at(-1) === group.group_id),
      direct_members: String(direct.length),
      direct_active: String(direct.filter(isActive).length),
      tree_members: String(tree.length),
      tree_active: String(tree.filter(isActive).length),
    }
  })
}

/** marts.role_audit: a row per period in which an agent held a role, from agent_role_history, with names. */
export function roleAudit(history: Row[], agents: Row[], roles: Row[]): Row[] {
  const agentName = (id: string | null) => agents.find(({ agent_id }) => agent_id === id)?.name ?? null
  const roleName = (id: string | null) => roles.find(({ role_id }) => role_id === id)?.name ?? null
  const changes = [...history].sort((a, b) => compareText(a.action_at ?? '', b.action_at ?? ''))
  return changes
    .filter(change => change.action === 'assigned')
    .map(({ agent_id = null, role_id = null, action_at, is_from_start = null }) => {
      const isEnd = (change: Row) =>
        change.agent_id === agent_id &&
        change.role_id === role_id &&
        (change.action_at ?? '') > (action_at ?? '') &&
        change.action === 'removed'
      const from_date = action_at?.slice(0, 10) ?? null
      const to_date = changes.find(isEnd)?.action_at?.slice(0, 10) ?? null
      const days = to_date && from_date ? String((Date.parse(to_date) - Date.parse(from_date)) / 86_400_000) : null
      return { agent_id, agent_name: agentName(agent_id), role_id, role_name: roleName(role_id), from_date, to_date, days, is_from_start }
    })
}

/** marts.data_quality_daily: the files' accounting and the open warnings, per existing day and entity. */
export function dataQualityDaily(world: World, accounting: Row[], errors: OpenError[]): Row[] {
  const dates = [...new Set(world.batches.flatMap(batch => batch.date ?? []))].sort()
  return dates.flatMap(sync_date =>
    entities.flatMap((entity): Row[] => {
      const files = world.files.filter(file => file.batch.date === sync_date && file.entity === entity)
      if (files.length === 0) return []
      const paths = files.map(file => file.path)
      const counted = accounting.filter(row => paths.includes(row.path ?? ''))
      const total = (column: string) => String(counted.reduce((sum, row) => sum + Number(row[column]), 0))
      const batches = files.map(file => file.batch.name)
      const warnings = errors.filter(
        error => error.entity === entity && error.row.severity === 'warning' && batches.includes(error.row.source ?? ''),
      )
      return [
        {
          sync_date,
          entity,
          records: total('records'),
          staged: total('staged'),
          quarantined: total('quarantined'),
          duplicates: total('duplicates'),
          warnings: String(warnings.length),
        },
      ]
    }),
  )
}
