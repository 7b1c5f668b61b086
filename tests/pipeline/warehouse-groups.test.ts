import { it } from 'vitest'
import { becomesWhatTheRulesSay } from './any-feed.ts'
import { PROPERTY_TIMEOUT } from './property.ts'
import { feeds } from './rules/feeds.ts'

it(
  'groups whose members come and go give the same members and first days (R22, R23)',
  () => becomesWhatTheRulesSay(feeds(['agents', 'admin_groups'])),
  PROPERTY_TIMEOUT,
)
