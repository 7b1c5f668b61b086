import { currentRecords, type Judged, type Row, recordsOfKey, seenOn } from './records.ts'
import { isListed, isListedLast, recordsOf, snapshotsOf, type World } from './world.ts'

/** core.groups, core.group_membership and its history, and findings about relations of the current groups (R16, R22, R23). */
export function groupTables(world: World, agents: Row[]): Record<'groups' | 'group_membership' | 'group_membership_history', Row[]> {
  const records = recordsOf(world, 'admin_groups')
  const current = currentRecords(records)
  const isAgent = (id: string) => agents.some(agent => agent.agent_id === id)
  const isActiveAgent = (id: string | null | undefined) => agents.some(agent => agent.agent_id === id && agent.is_active === 'true')
  const isListedNow = (group_id: string) => isListedLast(world, 'admin_groups', group_id)

  const group_membership = [...current.keys()]
    .filter(isListedNow)
    .flatMap(group_id =>
      [...runsOf(world, group_id).members].map(([agent_id, { joined_on, source }]) => ({ group_id, agent_id, joined_on, source })),
    )
    .filter(({ agent_id }) => isAgent(agent_id))
  const group_membership_history = [...current.keys()]
    .flatMap(group_id => runsOf(world, group_id).runs)
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
  return { groups, group_membership, group_membership_history }

  function warn(record: Judged, type: string, field: string): void {
    world.relations.push({ record, finding: { severity: 'warning', type, field } })
  }
}

/** The groups at any depth below one, without itself. A cycle ends where it closes. */
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

/** The ancestors of a group, from its parent on; in a cycle up to and including the first repeated one. */
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

/** A member in a group's lists: since when, the batch that shows it last, and the batch that shows since when. */
interface Member {
  joined_on: string | null
  source: string
  joinedIn: string | null
}

/**
 * The members of a group after all batches in the order of R4, with the start of their unbroken run (R16, R23), and all runs that began on
 * a date and did not end on the same: a readable list without the agent ends a run, and so does the group's absence.
 */
function runsOf(world: World, group_id: string): { members: Map<string, Member>; runs: Row[] } {
  const snapshots = snapshotsOf(world, 'admin_groups')
  const records = recordsOf(world, 'admin_groups')
  const members = new Map<string, Member>()
  const runs: Row[] = []

  for (const batch of world.batches) {
    const record = recordsOfKey(records, batch, group_id).find(({ outcome }) => outcome === 'staged')
    const ids = record?.list?.ids.map(({ id }) => id) ?? []
    const end = (agent_id: string, { joined_on, joinedIn }: Member) => {
      if (joined_on !== null && joined_on !== batch.date)
        runs.push({ group_id, agent_id, joined_on, left_on: batch.date, source: joinedIn })
    }
    for (const [id, member] of [...members])
      if (record?.list?.state === 'full' && !ids.includes(id)) {
        end(id, member)
        members.delete(id)
      }
    for (const id of ids) {
      const { joined_on = null, joinedIn = null } = members.get(id) ?? {}
      members.set(id, { joined_on, joinedIn, source: batch.name })
    }

    const listed = isListed(world, 'admin_groups', batch, group_id)
    for (const [id, member] of members) {
      if (listed && member.joined_on === null) Object.assign(member, { joined_on: batch.date, joinedIn: batch.name })
      if (listed || !snapshots.includes(batch)) continue
      end(id, member)
      member.joined_on = null
    }
  }
  const open = [...members].filter(([, { joined_on }]) => joined_on !== null)
  runs.push(...open.map(([agent_id, { joined_on, joinedIn }]) => ({ group_id, agent_id, joined_on, left_on: null, source: joinedIn })))
  return { members, runs }
}
