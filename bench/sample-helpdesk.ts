import { dirt } from './dirt.ts'
import {
  type Agent,
  agentAvailability,
  agentDetails,
  agentId,
  agentOf,
  agentRecord,
  type Fields,
  groupId,
  groupRecord,
  instantOf,
  roleId,
  roleRecord,
} from './helpdesk.ts'
import type { Directory, Person } from './people.ts'

const seed = 7

/** The n-th person of the sample. Agents 21 and 22 are two people with one name. */
export const samplePerson = (directory: Directory, n: number): Person =>
  n === 22 ? { ...directory.person(22), name: directory.person(21).name } : directory.person(n)

/** The agents list of one day, clean, by agent number: 7 vanishes and returns, 8 and 9 vanish, 45 to 47 join. */
export function sampleAgents(directory: Directory, day: number): Map<number, Fields> {
  const gone = [[], [7, 8], [8, 9]][day - 1] ?? []
  const listed = numbers(1, [44, 46, 47][day - 1] ?? 0).filter(n => !gone.includes(n))
  return new Map(
    listed.map(n => {
      const record = agentRecord(sampleAgent(directory, n, day))
      // For two agents without details on day 3 the list has their roles.
      return [n, (n === 10 || n === 13) && day === 3 ? { ...record, role_ids: [roleId(4), roleId(8)] } : record]
    }),
  )
}

/**
 * The agent_details of one day, by agent number: all on day 1, two of three later. 48 is only here; 7 and 8 are here though the list lacks
 * them.
 */
export function sampleDetails(directory: Directory, day: number): Map<number, Fields> {
  const kept = [
    numbers(1, 44),
    numbers(1, 46).filter(n => n % 3 !== 0 || n === 3 || n === 18),
    numbers(1, 48).filter(n => n % 3 !== 1 || n === 4 || n === 7 || n === 16),
  ][day - 1] as number[]
  return new Map(kept.map(n => [n, detailsOn(directory, n, day)]))
}

/** Readings of availability by agent number, on days 2 and 3; 12 has no channels in the details, 99 does not exist. */
export function sampleReadings(directory: Directory, day: number): Map<number, Fields> {
  const read = [[], [1, 2, 3, 12], [1, 3, 12, 30]][day - 1] as number[]
  return new Map([...read, ...(day === 3 ? [99] : [])].map(n => [n, agentAvailability(sampleAgent(directory, n, day))]))
}

/** The groups of one day, clean except for relations: two in a cycle, an unknown parent, an escalation to an unknown agent. */
export function sampleGroups(day: number): Map<number, Fields> {
  return new Map(
    groupNames
      .map(([name, parent, escalateTo], at): [number, Fields] => {
        const n = at + 1
        const record = groupRecord({
          id: groupId(n),
          name,
          description: n % 4 === 0 ? null : `Tickets for ${name}`,
          parentId: parent === null ? null : groupId(parent),
          escalateTo: escalateTo === null ? null : agentId(escalateTo),
          agentIds: membersOf(n, day),
          createdAt: instantOf(-900 + n * 31, 9),
        })
        return [n, record]
      })
      .filter(([n]) => n !== 8 || day < 3),
  )
}

/** The roles of one day: 7, and an eighth from day 2 on. */
export function sampleRoles(day: number): Map<number, Fields> {
  return new Map(
    roleNames.slice(0, day === 1 ? 7 : 8).map(([name, isDefault, agentType], at) => [
      at + 1,
      roleRecord({
        id: roleId(at + 1),
        name,
        description: at === 5 ? null : `${name}, as the help desk has it`,
        isDefault,
        createdAt: instantOf(-1500 + at, 8),
        ...(agentType === undefined ? {} : { agentType }),
      }),
    ]),
  )
}

/** An agent on that day: 5 and 6 are deactivated, 10 from day 2, 11 until then. */
function sampleAgent(directory: Directory, n: number, day: number): Agent {
  const agent = agentOf(seed, n, samplePerson(directory, n))
  const moved = n % 4 !== 0
  return {
    ...agent,
    id: sampleAgentId(n),
    verified: n !== 12 && n !== 43,
    deactivated: n === 5 || n === 6 || (n === 10 && day > 1) || (n === 11 && day < 3),
    available: n === 5 || n === 6 ? false : (n + day) % 5 === 0 ? !agent.available : agent.available,
    activeAt: moved ? agent.activeAt.replace('2026-01-05', `2026-01-0${4 + day}`) : agent.activeAt,
    createdAt: n % 13 === 0 ? agent.createdAt.replace('Z', '+05:30') : agent.createdAt,
    signature: signatures[n] === undefined ? agent.signature : signatures[n],
    groupIds:
      n === 20
        ? [groupId(1)]
        : groupNames
            .map((_, at) => at + 1)
            .filter(g => membersOf(g, day).includes(sampleAgentId(n)))
            .map(groupId),
    roleIds: rolesOf(n, day).map(roleId),
  }
}

/** One agent has an id of 10 digits, one of 12. */
const sampleAgentId = (n: number) => (n === 1 ? 1_043_000_017 : n === 2 ? 103_000_451_276 : agentId(n))

const signatures: Record<number, string | null> = {
  1: '<div dir="ltr">\n<p>Best,<br>"The desk lead"</p>\n</div>',
  15: '<p>Cheers</p><script>document.title = "hello from a signature"</script>',
  24: '',
  25: null,
  27: '<div>&nbsp;<br></div>\n',
  40: `<p><img src="data:image/png;base64,${'iVBORw0KGgo'.repeat(300)}"></p>`,
}

function rolesOf(n: number, day: number): number[] {
  const changes: Record<number, number[][]> = {
    1: [[1], [1], [1]],
    2: [[2], [2], [2]],
    3: [[4, 7], [4], [4, 7]],
    4: [[4, 3], [4, 3], [4]],
    14: [[4], [4, 8], [4, 8]],
    19: [[7], [], []],
  }
  return changes[n]?.[day - 1] ?? (n % 8 === 0 ? [4, 3] : n % 11 === 0 ? [5] : [4])
}

function detailsOn(directory: Directory, n: number, day: number): Fields {
  const record = agentDetails(sampleAgent(directory, n, day))
  const at = '2026-01-05T09:00:00.000Z'
  const unspecified = { channel: null, available: false, available_since: null }
  if (n === 6 || n === 12) return { ...record, availability: undefined, scope: undefined }
  if (n === 16 && day === 3) return { ...record, role_ids: [roleId(4), roleId(9999)] }
  if (n === 17 && day === 2) return dirt.agent_details['roles as text'](record) as Fields
  if (n === 18 && day === 2) return { ...record, role_ids: [roleId(4), 'abc', null, String(roleId(3))] }
  if (n === 21) return { ...record, availability: [unspecified, unspecified] }
  if (n === 22 && day === 1)
    return {
      ...record,
      availability: [
        { channel: 'ticket', available: true, available_since: at },
        { channel: 'ticket', available: false, available_since: null },
      ],
    }
  if (n === 23 && day === 1) return { ...record, role_ids: undefined }
  if (n === 26 && day === 1) return dirt.agent_details['no availability object'](record) as Fields
  if (n === 29 && day === 1) return dirt.agent_details['id as text'](record) as Fields
  if (n === 35 && day === 3) return dirt.agent_details['organisation id as number'](record) as Fields
  if (n === 36 && day === 3) return dirt.agent_details['scope huge'](record) as Fields
  if (n === 44 && day === 2) return dirt.agent_details['login at zero'](record) as Fields
  return record
}

/** Name, parent and escalation, by number. 9 and 10 are each other's parent, 11 names a parent that does not exist. */
const groupNames: [string, number | null, number | null][] = [
  ['Customer Support', null, 1],
  ['EMEA Support', 1, 3],
  ['Americas Support', 1, 4],
  ['Billing Questions', 2, null],
  ['Returns & Refunds', 2, null],
  ['Tier 2', 3, 13],
  ['Field Service', null, 14],
  ['Night Shift', 7, null],
  ['Onboarding', 10, null],
  ['Onboarding Partners', 9, null],
  ['VIP Desk', 4444, null],
  ['Partner Desk', null, 5555],
]

/** Members by group: who joins and leaves on which day, and 9999, an agent that never existed. */
function membersOf(group: number, day: number): number[] {
  const homes = [2, 3, 4, 5, 6, 9, 10, 11, 12]
  const home = numbers(12, 44).filter(n => homes[n % homes.length] === group)
  const special: Record<number, number[]> = { 1: [1, 2, 3], 2: [4, 8], 3: [7, 9, 9999], 4: [10], 7: [5, 6] }
  const joined: Record<number, number[][]> = { 2: [[], [33], []], 4: [[], [], [45, 46]], 9: [[], [], [47]] }
  const left: Record<number, number[][]> = { 3: [[], [37], [37]], 4: [[], [], [20]] }
  return [...home, ...(special[group] ?? []), ...(joined[group]?.[day - 1] ?? [])]
    .filter(n => !(left[group]?.[day - 1] ?? []).includes(n) && (n !== 9999 || day !== 2))
    .map(sampleAgentId)
}

const roleNames: [string, boolean, number?][] = [
  ['Account Administrator', true, 1],
  ['Administrator', true, 1],
  ['Supervisor', true, 1],
  ['Agent', true, 1],
  ['Field Technician', true, 2],
  ['Collaborator', true, 3],
  ['Refund Approver', false],
  ['Quality Analyst', false],
]

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
