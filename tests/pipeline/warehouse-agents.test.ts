import { it } from 'vitest'
import { becomesWhatTheRulesSay } from './any-feed.ts'
import { PROPERTY_TIMEOUT } from './property.ts'
import { feeds } from './rules/feeds.ts'

it(
  'agents with roles and channels in either feed give the same runs and lists (R24)',
  () => becomesWhatTheRulesSay(feeds(['agents', 'agent_details', 'agent_availability', 'roles'])),
  PROPERTY_TIMEOUT,
)
