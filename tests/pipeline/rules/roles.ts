import { type Batch, compareText } from './batches.ts'
import { currentRecords, type Judged, type Row, recordsOfKey, seenOn } from './records.ts'
import { isListedLast, recordsOf, type World } from './world.ts'

/** core.roles, core.agent_role_mapping and core.agent_role_history (R24). */
export function roleTables(world: World, agents: Row[]): { roles: Row[]; agent_role_mapping: Row[]; agent_role_history: Row[] } {
  const records = recordsOf(world, 'roles')
  const current = currentRecords(records)
  const roles = [...current].map(([role_id, record]) => ({
    role_id,
    ...record.values,
    is_listed: String(isListedLast(world, 'roles', role_id)),
    ...seenOn(records, role_id),
    source: record.batch.name,
  }))

  const agent_role_mapping: Row[] = []
  const agent_role_history: Row[] = []
  for (const agent_id of agents.map(agent => agent.agent_id ?? ''))
    for (const [role_id, run] of runsOf(world, agent_id)) {
      if (!current.has(role_id)) continue
      const last = run.changes.at(-1)
      const assigned = run.changes.findLast(change => change.action === 'assigned')
      agent_role_mapping.push({
        agent_id,
        role_id,
        status: last?.action ?? null,
        assigned_at: assigned?.action_at ?? null,
        removed_at: last?.action === 'removed' ? (last.action_at ?? null) : null,
        source: last?.action === 'removed' ? (last.source ?? null) : run.shownIn,
      })
      agent_role_history.push(...run.changes.map(change => ({ agent_id, role_id, ...change })))
    }
  return { roles, agent_role_mapping, agent_role_history }
}

/** The changes of an agent's roles over the days with a readable list; a partial list removes nothing (R16). */
function runsOf(world: World, agent_id: string): Map<string, { changes: Row[]; shownIn: string }> {
  const roles = new Map<string, { changes: Row[]; shownIn: string }>()
  const lists = listsByDay(world, agent_id)
  for (const { batch, list } of lists) {
    const ids = list.ids.map(({ id }) => id)
    const change = (action: string, is_from_start: boolean): Row => ({
      action_at: `${batch.date}T00:00:00.000000Z`,
      action,
      is_from_start: String(is_from_start),
      source: batch.name,
    })

    for (const id of ids) {
      const role = roles.get(id) ?? { changes: [], shownIn: '' }
      role.shownIn = batch.name
      if (role.changes.at(-1)?.action !== 'assigned') role.changes.push(change('assigned', batch === lists[0]?.batch))
      roles.set(id, role)
    }
    for (const [id, { changes }] of roles)
      if (list.state === 'full' && !ids.includes(id) && changes.at(-1)?.action === 'assigned')
        changes.push(change('removed', changes.at(-1)?.is_from_start === 'true'))
  }
  return roles
}

/** The record with an agent's roles in a batch: the details if they have `role_ids`, readable or not, else the agents list (R24). */
export function rolesIn(world: World, batch: Batch, agent_id: string): Judged | undefined {
  const staged = (entity: 'agent_details' | 'agents') =>
    recordsOfKey(recordsOf(world, entity), batch, agent_id).find(({ outcome, list }) => outcome === 'staged' && list?.isThere)
  return staged('agent_details') ?? staged('agents')
}

/** The list of the last batch of each day with a readable list of the agent (R2). */
function listsByDay(world: World, agent_id: string) {
  const lists = world.batches.flatMap((batch: Batch) => {
    const record = rolesIn(world, batch, agent_id)
    return batch.date !== null && record?.list && record.list.state !== 'unknown' ? [{ batch, list: record.list }] : []
  })
  const byDay = new Map(lists.map(entry => [entry.batch.date ?? '', entry]))
  return [...byDay.values()].sort((a, b) => compareText(a.batch.date ?? '', b.batch.date ?? ''))
}
