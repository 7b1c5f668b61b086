import { type Batch, compareBatches, compareText } from './batches.ts'
import { accepted, compareUpdates, currentRecords, type Judged, type Row, recordsOfKey, seenOn } from './records.ts'
import { isListed, isListedLast, recordsOf, snapshotsOf, type World } from './world.ts'

/** core.agents, core.agent_details, core.agent_availability and core.agent_status_history. */
export function agentTables(world: World): { agents: Row[]; agent_details: Row[]; agent_availability: Row[]; agent_status_history: Row[] } {
  const current = currentAgents(world, () => true)
  const snapshots = snapshotsOf(world, 'agents')
  const bothFeeds = [...recordsOf(world, 'agents'), ...recordsOf(world, 'agent_details')]

  const agents = current.map(({ agent_id, list, details }): Row => {
    const values = fieldByField(list, details, agentColumns)
    const listed = isListedLast(world, 'agents', agent_id)
    const listedOn = world.batches.filter(batch => batch.date !== null && isListed(world, 'agents', batch, agent_id))
    return {
      agent_id,
      ...values,
      is_deactivated: values.is_deactivated ?? 'false',
      is_active: String(listed && values.is_deactivated !== 'true'),
      first_seen_on: seenOn(bothFeeds, agent_id).first_seen_on,
      last_seen_on: listedOn.at(-1)?.date ?? null,
    }
  })

  return {
    agents,
    agent_details: current.map(({ agent_id, list, details }) => {
      const { updated_at: _, ...values } = fieldByField(details, list, detailColumns)
      return { agent_id, ...values }
    }),
    agent_availability: current.flatMap(({ agent_id }) => {
      const record = world.batches.map(batch => channelsIn(world, batch, agent_id)).findLast(found => found !== undefined)
      const { name = null, date = null } = record?.batch ?? {}
      return (record?.availability ?? []).map(row => ({ agent_id, ...row, observed_on: date, source: name }))
    }),
    agent_status_history: standing(snapshots).flatMap(batch => statusOf(world, batch, agents)),
  }
}

/** The record with an agent's channels in a batch: agent_availability if it has a list of them, else the details if they have one. */
export function channelsIn(world: World, batch: Batch, agent_id: string): Judged | undefined {
  const staged = (entity: 'agent_availability' | 'agent_details') =>
    recordsOfKey(recordsOf(world, entity), batch, agent_id).find(({ outcome, availability }) => outcome === 'staged' && availability)
  return staged('agent_availability') ?? staged('agent_details')
}

/** R25: the agents first seen by the day of the batch, in their state of the batches up to that day. */
function statusOf(world: World, batch: Batch, agents: Row[]): Row[] {
  const upToTheDay = currentAgents(world, other => other.date === null || other.date <= (batch.date ?? ''))
  const seen = upToTheDay.filter(({ agent_id }) => {
    const first = agents.find(agent => agent.agent_id === agent_id)?.first_seen_on
    return first && first <= (batch.date ?? '')
  })
  return seen.map(({ agent_id, list, details }) => {
    const { is_deactivated, operational_status, is_available } = fieldByField(list, details, agentColumns)
    const listed = isListed(world, 'agents', batch, agent_id)
    return {
      agent_id,
      sync_date: batch.date,
      is_active: String(listed && is_deactivated !== 'true'),
      is_deactivated: is_deactivated ?? 'false',
      is_listed: String(listed),
      operational_status: operational_status ?? null,
      is_available: is_available ?? null,
      source: batch.name,
    }
  })
}

/** The last batch of each date, which represents the day (R2). */
function standing(batches: Batch[]): Batch[] {
  return [...new Map(batches.map(batch => [batch.date, batch])).values()]
}

/** The current record of each agent in either feed, over the batches that satisfy `counts`. */
function currentAgents(world: World, counts: (batch: Batch) => boolean) {
  const current = (entity: 'agents' | 'agent_details') =>
    currentRecords(accepted(recordsOf(world, entity)).filter(record => counts(record.batch)))
  const [lists, details] = [current('agents'), current('agent_details')]
  const ids = [...new Set([...lists.keys(), ...details.keys()])].sort(compareText)
  return ids.map(agent_id => ({ agent_id, list: lists.get(agent_id), details: details.get(agent_id) }))
}

/** The columns of the record that is current by R4, with nulls filled from the other; at a tie `preferred` comes first. */
function fieldByField(preferred: Judged | undefined, other: Judged | undefined, columns: string[]): Row {
  const isOtherFirst = !preferred || (other && (compareBatches(other.batch, preferred.batch) || compareUpdates(other, preferred)) > 0)
  const [first, second] = isOtherFirst ? [other, preferred] : [preferred, other]
  const row: Row = {}
  for (const column of columns)
    row[column] = first?.values[column] ?? (first?.settled?.includes(column) ? null : (second?.values[column] ?? null))
  return { ...row, updated_at: first?.values.updated_at ?? null, source: first?.batch.name ?? null }
}

const agentColumns = [
  'name',
  'email',
  'job_title',
  'language',
  'time_zone',
  'phone',
  'mobile',
  'agent_type',
  'is_available',
  'available_since',
  'operational_status',
  'is_occasional',
  'is_focus_mode',
  'is_verified',
  'is_deactivated',
  'created_at',
  'last_active_at',
]

const detailColumns = ['org_agent_id', 'ticket_scope', 'signature', 'avatar', 'last_login_at', 'is_freshchat_agent', 'skill_ids']
