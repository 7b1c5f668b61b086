import type { Finding } from './fields.ts'
import { canonicalJson } from './json.ts'
import type { Entity } from './parse.ts'
import type { Judged, Row } from './records.ts'
import { snapshotsOf, type World } from './world.ts'

/** The errors tables by the feed whose records they are about. */
export const errorTables: Record<Entity, { table: string; key: string }> = {
  agents: { table: 'errors.agent_pipeline_errors', key: 'agent_id' },
  agent_details: { table: 'errors.agent_pipeline_errors', key: 'agent_id' },
  admin_groups: { table: 'errors.group_pipeline_errors', key: 'group_id' },
  roles: { table: 'errors.role_pipeline_errors', key: 'role_id' },
  budgets: { table: 'errors.budget_pipeline_errors', key: 'budget_id' },
  cards: { table: 'errors.card_pipeline_errors', key: 'card_id' },
  transactions: { table: 'errors.transaction_pipeline_errors', key: 'transaction_id' },
}

/** An open error, with the entity of the feed that it is about. */
export interface OpenError {
  entity: Entity
  table: string
  row: Row
}

/** All open errors (section 3): of files, snapshots, records, elements of lists, and relations. */
export function openErrors(world: World, agents: Row[], roles: Row[]): OpenError[] {
  const isAgent = (id: string) => agents.some(agent => agent.agent_id === id)
  const isRole = (id: string) => roles.some(role => role.role_id === id)

  return [
    ...world.files
      .filter(file => file.refused !== null)
      .map(file => wholeError(file.entity, 'error', 'refused_file', file.batch.name, file.path)),
    ...(['agents', 'admin_groups'] as const).flatMap(entity => incompleteSnapshots(world, entity)),
    ...world.records.flatMap(record => record.findings.map(finding => recordError(record, finding))),
    ...world.records.flatMap(record => elementErrors(record, isAgent, isRole)),
    ...world.relations.map(({ record, finding }) => recordError(record, finding)),
  ]
}

/** R5: the dated batches that have the folder and do not take part in absence. */
function incompleteSnapshots(world: World, entity: Entity): OpenError[] {
  const complete = snapshotsOf(world, entity)
  const present = world.batches.filter(batch => world.files.some(file => file.entity === entity && file.batch.name === batch.name))
  return present
    .filter(batch => batch.date !== null && !complete.includes(batch))
    .map(batch => wholeError(entity, 'warning', 'incomplete_snapshot', batch.name, null))
}

/** R16: the readable elements of an accepted record's list: unknown ones are errors, else a string of digits is a warning. */
function elementErrors(record: Judged, isAgent: (id: string) => boolean, isRole: (id: string) => boolean): OpenError[] {
  const isOfRoles = record.entity === 'agent_details'
  return (record.list?.ids ?? []).flatMap(({ id, coerced }) => {
    const isKnown = isOfRoles ? isRole(id) : isAgent(id)
    if (isKnown && !coerced) return []
    const common = isOfRoles ? { field: 'role_ids', role: { id } } : { field: 'agent_ids' }
    const finding: Finding = isKnown
      ? { ...common, severity: 'warning', type: 'coerced_value' }
      : { ...common, severity: 'error', type: isOfRoles ? 'unknown_role' : 'unknown_agent', element: true }
    return [recordError(record, finding)]
  })
}

function recordError(record: Judged, { severity, type, field, role }: Finding): OpenError {
  const { table, key } = errorTables[record.entity]
  const row: Row = {
    [key]: record.key,
    severity,
    error_type: type,
    field,
    raw_record: record.record === undefined ? null : canonicalJson(record.record),
    source: record.batch.name,
    file: record.file,
    position: String(record.position),
  }
  if (!role) return { entity: record.entity, table, row }
  return { entity: record.entity, table: 'errors.agent_role_pipeline_errors', row: { ...row, role_id: role.id } }
}

function wholeError(entity: Entity, severity: string, type: string, source: string, file: string | null): OpenError {
  const { table, key } = errorTables[entity]
  const row = { [key]: null, severity, error_type: type, field: null, raw_record: null, source, file, position: null }
  return { entity, table, row }
}
