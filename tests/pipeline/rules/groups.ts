import { currentRecords, type Judged, type Row, recordsOfKey, seenOn } from './records.ts'
import { isListed, isListedLast, recordsOf, snapshotsOf, type World } from './world.ts'

/** core.groups and core.group_membership, and what relations say of the current groups (R16, R22, R23). */
export function groupTables(world: World, agents: Row[]): { groups: Row[]; group_membership: Row[] } {
  const records = recordsOf(world, 'admin_groups')
  const current = currentRecords(records)
  const isAgent = (id: string) => agents.some(agent => agent.agent_id === id)
  const isActiveAgent = (id: string | null | undefined) => agents.some(agent => agent.agent_id === id && agent.is_active === 'true')
  const isListedNow = (group_id: string) => isListedLast(world, 'admin_groups', group_id)

  const group_membership = [...current.keys()]
    .filter(isListedNow)
    .flatMap(group_id => membersOf(world, group_id))
    .filter(({ agent_id }) => isAgent(agent_id ?? ''))

  const groups = [...current].map(([group_id, record]): Row => {
    const { parent_group_id: parent = null, escalate_to_agent_id: escalateTo = null } = record.values
    const isParentKnown = parent !== null && current.has(parent)
    const isEscalateKnown = escalateTo !== null && isAgent(escalateTo)
    if (parent !== null && !isParentKnown) warn(record, 'unknown_parent_group', 'parent_group_id')
    if (escalateTo !== null && !isEscalateKnown) warn(record, 'unknown_agent', 'escalate_to')
    return {
      group_id,
      ...record.values,
      parent_group_id: isParentKnown ? parent : null,
      escalate_to_agent_id: isEscalateKnown ? escalateTo : null,
      is_listed: String(isListedNow(group_id)),
      ...seenOn(records, group_id),
      source: record.batch.name,
    }
  })

  for (const group of groups) {
    const tree = [group.group_id, ...groupsBelow(groups, group.group_id)]
    const isAnyActive = group_membership.some(member => tree.includes(member.group_id) && isActiveAgent(member.agent_id))
    group.is_active = String(isListedNow(group.group_id ?? '') && isAnyActive)
    const record = current.get(group.group_id ?? '')
    if (record && groupsAbove(groups, group.group_id).at(-1) === group.group_id) warn(record, 'hierarchy_cycle', 'parent_group_id')
  }
  return { groups, group_membership }

  function warn(record: Judged, type: string, field: string): void {
    world.relations.push({ record, finding: { severity: 'warning', type, field } })
  }
}

/** The groups at any depth below one, without itself. Cycles end where they come back. */
export function groupsBelow(groups: Row[], group_id: string | null | undefined): (string | null | undefined)[] {
  const found = new Set<string | null | undefined>()
  const visit = (id: string | null | undefined): void => {
    for (const child of groups.filter(group => group.parent_group_id === id && !found.has(group.group_id))) {
      found.add(child.group_id)
      visit(child.group_id)
    }
  }
  visit(group_id)
  found.delete(group_id)
  return [...found]
}

/** The groups above one from its parent on; in a cycle up to and with the first that repeats. */
export function groupsAbove(groups: Row[], group_id: string | null | undefined): (string | null | undefined)[] {
  const above: (string | null | undefined)[] = []
  let id = group_id
  for (;;) {
    id = groups.find(group => group.group_id === id)?.parent_group_id
    if (!id) return above
    const isRepeated = id === group_id || above.includes(id)
    above.push(id)
    if (isRepeated) return above
  }
}

/** The members of a listed group by its lists in the order of R4, with the start of their unbroken run (R16, R23). */
function membersOf(world: World, group_id: string): Row[] {
  const snapshots = snapshotsOf(world, 'admin_groups')
  const records = recordsOf(world, 'admin_groups')
  const members = new Map<string, { joined_on: string | null; source: string }>()

  for (const batch of world.batches) {
    const record = recordsOfKey(records, batch, group_id).find(({ outcome }) => outcome === 'staged')
    const ids = record?.list?.ids.map(({ id }) => id) ?? []
    if (record?.list?.state === 'full') for (const id of [...members.keys()]) if (!ids.includes(id)) members.delete(id)
    for (const id of ids) members.set(id, { joined_on: members.get(id)?.joined_on ?? null, source: batch.name })

    const listed = isListed(world, 'admin_groups', batch, group_id)
    for (const member of members.values()) {
      if (listed) member.joined_on ??= batch.date
      else if (snapshots.includes(batch)) member.joined_on = null
    }
  }
  return [...members].map(([agent_id, member]) => ({ group_id, agent_id, ...member }))
}
