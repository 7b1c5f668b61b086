import { refusedText } from './bytes.ts'
import { type Entity, snapshotEntities } from './feed.ts'
import type { Finding } from './fields.ts'
import { canonicalJson } from './json.ts'
import type { Judged, Row } from './records.ts'
import type { Seeds } from './seeds.ts'
import { incompleteSnapshots } from './snapshots.ts'
import { type LedgerFile, recordsOf, type World } from './world.ts'

/** The errors tables by the feed of their records. */
export const errorTables: Record<Entity, { table: string; key: string }> = {
  agents: { table: 'errors.agent_pipeline_errors', key: 'agent_id' },
  agent_details: { table: 'errors.agent_pipeline_errors', key: 'agent_id' },
  agent_availability: { table: 'errors.agent_pipeline_errors', key: 'agent_id' },
  admin_groups: { table: 'errors.group_pipeline_errors', key: 'group_id' },
  roles: { table: 'errors.role_pipeline_errors', key: 'role_id' },
  users: { table: 'errors.user_pipeline_errors', key: 'user_id' },
  budgets: { table: 'errors.budget_pipeline_errors', key: 'budget_id' },
  cards: { table: 'errors.card_pipeline_errors', key: 'card_id' },
  transactions: { table: 'errors.transaction_pipeline_errors', key: 'transaction_id' },
}

/** An open error, with its entity of the feed; null for an error about a seed. */
export interface OpenError {
  entity: Entity | null
  table: string
  row: Row
}

/** All open errors (R9, R10): about files, snapshots, records, elements of lists, and relations. */
export function openErrors(world: World, agents: Row[], roles: Row[]): OpenError[] {
  const isAgent = (id: string) => agents.some(agent => agent.agent_id === id)
  const isRole = (id: string) => roles.some(role => role.role_id === id)

  return [
    ...world.files.filter(file => file.refused !== null).map(refusedFile),
    ...snapshotEntities.flatMap(entity =>
      incompleteSnapshots(world, entity).map(({ name }) => wholeError(entity, { ...incomplete, source: name })),
    ),
    ...world.records.flatMap(record => record.findings.map(finding => recordError(record, finding))),
    ...world.records.flatMap(record => elementErrors(record, isAgent, isRole)),
    ...recordsOf(world, 'agent_availability')
      .filter(({ outcome, isRepetition, key }) => outcome !== 'quarantined' && !isRepetition && !isAgent(key ?? ''))
      .map(record => recordError(record, { severity: 'warning', type: 'unknown_agent', field: 'id' })),
    ...world.relations.map(({ record, finding }) => recordError(record, finding)),
    ...world.seeds.user_agent_overrides.filter(({ agent_id }) => !isAgent(agent_id)).map(unknownOverride),
  ]
}

/** R6: a refused file, with its beginning. */
function refusedFile(file: LedgerFile): OpenError {
  const place = { source: file.batch.name, file: file.path, raw_text: refusedText(file) }
  return wholeError(file.entity, { severity: 'error', error_type: 'refused_file', ...place })
}

/** R29: a line of the seed with an agent that no batch contains. */
function unknownOverride({ user_id }: Seeds['user_agent_overrides'][number]): OpenError {
  const row = { ...nothing, user_id, severity: 'warning', error_type: 'unknown_override' }
  return { entity: null, table: 'errors.user_pipeline_errors', row }
}

/** R16: the readable elements of an accepted record's list: unknown ones are errors, otherwise a string of digits is a warning. */
function elementErrors(record: Judged, isAgent: (id: string) => boolean, isRole: (id: string) => boolean): OpenError[] {
  const isOfRoles = record.entity === 'agent_details' || record.entity === 'agents'
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
    raw_text: record.text,
    source: record.batch.name,
    file: record.file,
    position: String(record.position),
  }
  if (!role) return { entity: record.entity, table, row }
  return { entity: record.entity, table: 'errors.agent_role_pipeline_errors', row: { ...row, role_id: role.id } }
}

/** An error of a whole file or snapshot. */
function wholeError(entity: Entity, row: Row): OpenError {
  const { table, key } = errorTables[entity]
  return { entity, table, row: { ...nothing, [key]: null, ...row } }
}

const nothing: Row = { field: null, raw_record: null, raw_text: null, source: null, file: null, position: null }

const incomplete: Row = { severity: 'warning', error_type: 'incomplete_snapshot' }
