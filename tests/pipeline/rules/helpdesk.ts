import { type Finding, fieldsOf, isMissing } from './fields.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from './json.ts'
import { type Content, type Row, readIdList } from './records.ts'

/** Reads the records of the help desk, by R11 to R16. */
export const judgeHelpdesk = {
  agents: (record: JsonObject, findings: Finding[]): Content => readAgent(record, findings, true),

  agent_details: (record: JsonObject, findings: Finding[]): Content => ({
    ...readAgent(record, findings, false),
    availability: readChannels(record, 'availability', findings),
  }),

  agent_availability: (record: JsonObject, findings: Finding[]): Content => {
    fieldsOf(record, findings).optional('agent_ref', 'text')
    return { values: {}, availability: readChannels(record, 'channel_availability', findings) }
  },

  admin_groups: (record: JsonObject, findings: Finding[]): Content => {
    const { optional, required } = fieldsOf(record, findings)
    return {
      values: {
        name: required('name', 'text'),
        description: optional('description', 'text'),
        parent_group_id: optional('parent_group_id', 'bigint'),
        group_type: optional('type', 'text'),
        escalate_to_agent_id: optional('escalate_to', 'bigint'),
        unassigned_for: optional('unassigned_for', 'text'),
        business_calendar_id: optional('business_calendar_id', 'bigint'),
        created_at: optional('created_at', 'timestamp'),
        updated_at: optional('updated_at', 'timestamp'),
      },
      list: readIdList(record.members.get('agent_ids'), 'agent_ids', findings),
    }
  },

  roles: (record: JsonObject, findings: Finding[]): Content => {
    const { optional, required } = fieldsOf(record, findings)
    return {
      values: {
        name: required('name', 'text'),
        description: optional('description', 'text'),
        is_default: optional('default', 'boolean'),
        agent_type: optional('agent_type', 'int'),
        created_at: optional('created_at', 'timestamp'),
        updated_at: optional('updated_at', 'timestamp'),
      },
    }
  },
}

/** An agent of the list, or the view of one: both have the fields of core.agents and of core.agent_details. */
function readAgent(record: JsonObject, findings: Finding[], isContactRequired: boolean): Content {
  const { optional, object } = fieldsOf(record, findings)
  const hasContact = object('contact', isContactRequired)
  const [name, email] = [optional('contact.name', 'text'), optional('contact.email', 'text')]
  if (isContactRequired && hasContact && name === null && email === null)
    findings.push({ severity: 'error', type: 'missing_value', field: 'contact.name' })
  const signature = optional('signature', 'text')
  const isEmpty = isEmptySignature(record, signature)
  const scope = optional('scope', 'int')

  return {
    values: {
      name,
      email,
      job_title: optional('contact.job_title', 'text'),
      language: optional('contact.language', 'text'),
      time_zone: optional('contact.time_zone', 'text'),
      phone: optional('contact.phone', 'text'),
      mobile: optional('contact.mobile', 'text'),
      agent_type: optional('type', 'text'),
      is_available: optional('available', 'boolean'),
      available_since: optional('available_since', 'timestamp'),
      operational_status: optional('agent_operational_status', 'text'),
      is_occasional: optional('occasional', 'boolean'),
      is_focus_mode: optional('focus_mode', 'boolean'),
      is_verified: optional('contact.active', 'boolean'),
      is_deactivated: optional('deactivated', 'boolean'),
      created_at: optional('created_at', 'timestamp'),
      updated_at: optional('updated_at', 'timestamp'),
      last_active_at: optional('last_active_at', 'timestamp'),
      org_agent_id: optional('org_agent_id', 'text'),
      ticket_scope: optional('ticket_scope', 'int') ?? scope,
      signature: isEmpty ? null : signature,
      avatar: optional('contact.avatar', 'object'),
      last_login_at: optional('contact.last_login_at', 'timestamp'),
      is_freshchat_agent: optional('freshchat_agent', 'boolean'),
      skill_ids: optional('skill_ids', 'array'),
    },
    settled: isEmpty ? ['signature'] : [],
    list: readIdList(record.members.get('role_ids'), 'role_ids', findings),
  }
}

/** A signature that has only tags, hard blanks and white space, also `""`; null and absent are missing. */
function isEmptySignature(record: JsonObject, signature: string | null): boolean {
  if (typeof record.members.get('signature') !== 'string') return false
  return (signature ?? '').replace(/<[^>]*>|&nbsp;|&#160;|&#xa0;|\u00a0|[ \t\r\n\f\v]/g, '') === ''
}

/** One row per channel, the last one; other rows of the channel are duplicates as in R17. */
function readChannels(record: JsonObject, name: string, findings: Finding[]): Row[] | undefined {
  const value = record.members.get(name)
  if (isMissing(value)) return undefined
  if (!Array.isArray(value)) {
    findings.push({ severity: 'warning', type: 'invalid_value', field: name })
    return undefined
  }
  const byContent = new Map<string, Json>()
  for (const element of value.filter(element => element !== null)) {
    byContent.delete(canonicalJson(element))
    byContent.set(canonicalJson(element), element)
  }
  const last = new Map<string, { content: string; row: Row }>()
  const contents: { channel: string; content: string }[] = []

  for (const [content, element] of byContent) {
    if (!isObject(element)) {
      findings.push({ severity: 'error', type: 'invalid_value', field: name, element: true })
      continue
    }
    const { optional } = fieldsOf(element, findings, `${name}.`)
    const [since, updated] = [optional('available_since', 'timestamp'), optional('availability_updated_at', 'timestamp')]
    const row = {
      channel: optional('channel', 'reference') ?? 'unspecified',
      is_available: optional('available', 'boolean'),
      available_since: since ?? updated,
      assignment_limit: optional('assignment_limit', 'int'),
      current_load: optional('current_assignment_load', 'int'),
      is_logged_in: optional('logged_in', 'boolean'),
      status_id: optional('status_id', 'bigint'),
    }
    contents.push({ channel: row.channel, content })
    last.set(row.channel, { content, row })
  }
  for (const { channel, content } of contents)
    if (last.get(channel)?.content !== content) findings.push({ severity: 'warning', type: 'duplicate_in_batch', field: name })
  return [...last.values()].map(({ row }) => row)
}
