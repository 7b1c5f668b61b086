import fc from 'fast-check'
import type { Entity } from './feed.ts'
import { budget, card, transaction, user } from './spend-texts.ts'
import {
  boolean,
  emails,
  freshdeskId,
  idList,
  int,
  longText,
  mostly,
  names,
  objectOf,
  reference,
  spoilers,
  type Text,
  text,
  timestamp,
} from './values.ts'

const agentIds = ['101', '102', '103', '104']
const groupIds = ['201', '202', '203', '204']
const roleIds = ['301', '302', '303']

const contact = objectOf({
  active: boolean,
  name: text(...names),
  email: text(...emails),
  job_title: mostly(['"Lead"', 'null'], ['""', '{}']),
  phone: mostly(['"555-0100"', 'null', undefined], ['5550100', 'true']),
  mobile: mostly(['null', '"555-0199"'], ['""']),
  language: text('en', 'de'),
  time_zone: text('Eastern Time (US & Canada)'),
  last_login_at: timestamp,
  avatar: mostly([undefined, 'null', '{"name":"a.png","size":12.50}'], ['"a.png"', '[]']),
})

const agentFields = {
  id: freshdeskId(agentIds),
  contact: fc.oneof(
    { weight: 20, arbitrary: contact },
    { weight: 1, arbitrary: fc.constantFrom<Text>('null', undefined, '"Ann"', '{}', '[]', '""') },
  ),
  type: text('support_agent', 'field_agent'),
  available: boolean,
  available_since: timestamp,
  occasional: boolean,
  focus_mode: boolean,
  deactivated: mostly(['false', 'false', 'false', 'true', undefined], ['"true"', '"no"']),
  agent_operational_status: text('available', 'offline'),
  ticket_scope: mostly(['1', '2', undefined, undefined], ['"2"', '1.5', '"abc"', '99999999999', '{}']),
  scope: mostly([undefined, '3'], ['{}', '"2"', '1.0']),
  signature: mostly(
    [undefined, 'null', '"<p>Regards,\\nAnn \\"A\\" Able</p>"', '""', '"<div><br></div>&nbsp;"'],
    ['"  "', '"\\u00a0"', '"plain"', '7', '{}'],
  ),
  freshchat_agent: boolean,
  last_active_at: timestamp,
  created_at: timestamp,
  updated_at: timestamp,
}

const channels = fc
  .array(
    fc.oneof(
      {
        weight: 12,
        arbitrary: objectOf({
          channel: mostly(['"ticket"', '"chat"', 'null', undefined], ['""', '3', '{}', longText]),
          available: boolean,
          available_since: timestamp,
          availability_updated_at: mostly([undefined, '"2026-01-04T10:00:00Z"'], ['"now"', '5']),
          assignment_limit: int,
          current_assignment_load: int,
          logged_in: boolean,
          status_id: mostly([undefined, '7', '1290001'], ['"7"', '1.5', '{}']),
        }),
      },
      { weight: 1, arbitrary: fc.constantFrom('null', '"ticket"', '1') },
    ),
    { maxLength: 3 },
  )
  .map(elements => `[${elements.join(',')}]`)

const agent = objectOf({
  ...agentFields,
  role_ids: fc.oneof({ weight: 1, arbitrary: fc.constant<Text>(undefined) }, { weight: 1, arbitrary: idList(roleIds, '399') }),
})

const channelList = fc.oneof(
  { weight: 10, arbitrary: channels },
  { weight: 2, arbitrary: fc.constantFrom<Text>(undefined, 'null', '{}', '"x"') },
)

const agentDetails = objectOf({
  ...agentFields,
  org_agent_id: mostly(['"120000000000000001"', 'null', undefined], ['120000000000000002', '""', '{}']),
  skill_ids: mostly([undefined, '[]', '[7,8]'], ['"7"', '{}']),
  role_ids: idList(roleIds, '399'),
  availability: channelList,
})

const agentAvailability = fc.oneof(
  { weight: 3, arbitrary: objectOf({ id: freshdeskId([...agentIds, '199']), channel_availability: channelList }) },
  {
    weight: 5,
    arbitrary: objectOf({
      agent_ref: mostly(
        [...agentIds, '199'].map(id => `"https://acme.example.test/agents/${id}"`),
        [
          '"#{base_url}/agents/101"',
          '" 102 "',
          '103',
          '"https://acme.example.test/agents/"',
          '"x0"',
          '"99999999999999999999"',
          '{}',
          '""',
          undefined,
        ],
      ),
      channel_availability: channelList,
    }),
  },
  {
    weight: 1,
    arbitrary: objectOf({
      id: mostly(['null', '""', ...agentIds], ['"x"', '-1']),
      agent_ref: mostly(['"https://acme.example.test/agents/104"', 'null'], ['5.5', 'true']),
      channel_availability: channelList,
    }),
  },
)

const group = objectOf({
  id: freshdeskId(groupIds),
  name: text('Support', 'Billing', 'Tier 2'),
  description: mostly(['"All"', 'null', undefined], ['5', '""']),
  parent_group_id: reference(groupIds, '299'),
  type: text('support_agent_group'),
  escalate_to: reference(agentIds, '199'),
  unassigned_for: mostly(['"30m"', 'null'], ['30']),
  business_calendar_id: mostly(['null', '9001', undefined], ['"9002"', '"x"']),
  agent_ids: idList(agentIds, '198'),
  created_at: timestamp,
  updated_at: timestamp,
})

const role = objectOf({
  id: freshdeskId(roleIds),
  name: text('Admin', 'Agent'),
  description: mostly(['"Can all"', 'null', undefined], ['5']),
  default: boolean,
  agent_type: int,
  created_at: timestamp,
  updated_at: timestamp,
})

/** Values that are not records of an entity, or nearly: with three fields of a declaration a value may be a record without its key (R6). */
const foreign = [
  '"text"',
  '7',
  '[1]',
  'null',
  '{}',
  '{"id":101}',
  '{"id":null,"note":"x"}',
  '{"error":"upstream timeout"}',
  '{"message":"Too many requests","code":"x"}',
  '{"name":"A","description":"B"}',
  '{"name":"A","description":"B","created_at":"2026-01-01T00:00:00Z"}',
]

/** The texts of records, per entity; occasionally one that jsonb refuses, or a foreign one. */
export const recordTexts: Record<Entity, fc.Arbitrary<string>> = {
  agents: spoiled(agent),
  agent_details: spoiled(agentDetails),
  agent_availability: spoiled(agentAvailability),
  admin_groups: spoiled(group),
  roles: spoiled(role),
  users: spoiled(user),
  budgets: spoiled(budget),
  cards: spoiled(card),
  transactions: spoiled(transaction),
}

function spoiled(record: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const withSpoiler = fc
    .tuple(record, fc.constantFrom(...spoilers))
    .map(([good, spoiler]) => (good === '{}' ? good : `${good.slice(0, -1)},"note":${spoiler}}`))
  return fc.oneof(
    { weight: 50, arbitrary: record },
    { weight: 1, arbitrary: withSpoiler },
    { weight: 1, arbitrary: fc.constantFrom(...foreign, '{"id":null,"name":"A"}') },
  )
}
