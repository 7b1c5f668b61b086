import type { Person } from './people.ts'
import { randomOf } from './random.ts'

/** A JSON object of the feed. */
export type Fields = Record<string, unknown>

/** An agent on one day; listed and detailed records are derived from it. */
export interface Agent {
  id: number
  person: Person
  occasional: boolean
  deactivated: boolean
  /** Whether the account was ever activated. */
  verified: boolean
  available: boolean
  ticketScope: number
  signature: string | null
  createdAt: string
  /** The agent's last action, which also changes updated_at. */
  activeAt: string
  groupIds: number[]
  roleIds: number[]
}

/** A group on one day. */
export interface Group {
  id: number
  name: string
  description: string | null
  parentId: number | null
  escalateTo: number | null
  agentIds: number[]
  createdAt: string
}

/** A role. */
export interface Role {
  id: number
  name: string
  description: string | null
  isDefault: boolean
  agentType?: number
  createdAt: string
}

export const agentId = (n: number) => 69_010_941_000 + n * 17
export const groupId = (n: number) => 69_000_370_000 + n
export const roleId = (n: number) => 69_000_250_000 + n

/** `2026-01-05` for day 1, and so on. */
export const dateOf = (day: number) => new Date(firstDay + (day - 1) * dayLength).toISOString().slice(0, 10)

/** An instant in the help desk's format: seconds and `Z`. `hour` counts from the start of the day and may be a fraction. */
export const instantOf = (day: number, hour: number) =>
  `${new Date(firstDay + (day - 1) * dayLength + Math.round(hour * 3600) * 1000).toISOString().slice(0, 19)}Z`

export const dayLength = 86_400_000
export const firstDay = Date.UTC(2026, 0, 5)

/** The n-th agent without any event. */
export function agentOf(seed: number, n: number, person: Person): Agent {
  const random = randomOf(seed, 'agent', n)
  const created = -random.int(30, 2400)
  return {
    id: agentId(n),
    person,
    occasional: random.chance(0.1),
    deactivated: false,
    verified: n % 37 !== 0,
    available: random.chance(0.6),
    ticketScope: random.pick([1, 1, 2, 2, 3]),
    signature: random.chance(0.5) ? signatureOf(person) : random.pick([null, '', '<div><br></div>\n']),
    createdAt: instantOf(created, random.int(6, 20) + random.next()),
    activeAt: instantOf(1, 7 + random.next() * 10),
    groupIds: [],
    roleIds: [],
  }
}

/** A record of the agents list. */
export function agentRecord(agent: Agent): Fields {
  const { person } = agent
  return {
    available: agent.available,
    occasional: agent.occasional,
    id: agent.id,
    ticket_scope: agent.ticketScope,
    created_at: agent.createdAt,
    updated_at: agent.activeAt,
    last_active_at: agent.activeAt,
    available_since: agent.available ? agent.activeAt : null,
    type: 'support_agent',
    signature: agent.signature,
    freshchat_agent: false,
    focus_mode: true,
    deactivated: agent.deactivated,
    agent_operational_status: agent.available ? 'available' : 'offline',
    contact: {
      active: agent.verified,
      email: person.email,
      job_title: person.jobTitle,
      language: person.language,
      last_login_at: agent.activeAt,
      mobile: person.mobile,
      name: person.name,
      phone: person.phone,
      time_zone: person.timeZone,
      created_at: agent.createdAt,
      updated_at: agent.activeAt,
    },
  }
}

/** The view of one agent, a file of its own in agent_details. */
export function agentDetails(agent: Agent): Fields {
  const listed = agentRecord(agent)
  const random = randomOf('details', agent.id)
  const picture = { id: agent.id + 7, name: 'portrait.png', content_type: 'image/png', size: random.int(9_000, 90_000) }
  return {
    ...listed,
    scope: agent.ticketScope,
    org_agent_id: `17${random.digits(16 + random.int(0, 1))}`,
    group_ids: agent.groupIds,
    org_group_ids: agent.groupIds.map(() => null),
    role_ids: agent.roleIds,
    skill_ids: random.chance(0.2) ? [random.int(1_000_000_000, 9_000_000_000)] : [],
    availability: channels(agent),
    contact: { ...(listed.contact as Fields), avatar: random.chance(0.3) ? picture : null },
  }
}

/** A reading of one agent's availability, a file of its own in agent_availability: the agent's state on each channel at that moment. */
export function agentAvailability(agent: Agent): Fields {
  const random = randomOf('availability', agent.id)
  const reading = (channel: string, available: boolean, limit: number) => ({
    channel,
    available,
    availability_updated_at: agent.activeAt,
    assignment_limit: limit,
    current_assignment_load: available ? random.int(0, limit) : 0,
    logged_in: available,
    round_robin_enabled: true,
    pause_assignment: false,
    status_id: 1_290_000 + (available ? 1 : 2),
  })
  return {
    agent_ref: `https://acme.example.com/agents/${agent.id}`,
    channel_availability: [
      reading('Email queue', agent.available, 10),
      reading('Messaging queue', agent.available && !agent.occasional, 3),
    ],
  }
}

/** A record of admin_groups. A change of members does not change updated_at. */
export function groupRecord(group: Group): Fields {
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    escalate_to: group.escalateTo,
    unassigned_for: group.escalateTo === null ? null : '30m',
    agent_ids: group.agentIds,
    parent_group_id: group.parentId,
    created_at: group.createdAt,
    updated_at: group.createdAt,
    allow_agents_to_change_availability: true,
    agent_availability_status: false,
    business_calendar_id: null,
    type: 'support_agent_group',
    automatic_agent_assignment: { enabled: false },
  }
}

/** A record of roles. */
export function roleRecord(role: Role): Fields {
  return {
    id: role.id,
    name: role.name,
    description: role.description,
    default: role.isDefault,
    ...(role.agentType === undefined ? {} : { agent_type: role.agentType }),
    created_at: role.createdAt,
    updated_at: role.createdAt,
  }
}

/** Availability has milliseconds, unlike the rest of the help desk. */
function channels(agent: Agent): Fields[] {
  const since = agent.activeAt.replace('Z', '.000Z')
  const ticket = { channel: 'ticket', available: agent.available, available_since: since }
  return agent.occasional ? [ticket] : [ticket, { channel: 'chat', available: false, available_since: since }]
}

function signatureOf(person: Person): string {
  return `<div dir="ltr" class="sig">\n<p>Kind regards,<br>${person.name}</p>\n<p><a href="mailto:${person.email}">${person.email}</a></p>\n</div>\n`
}
