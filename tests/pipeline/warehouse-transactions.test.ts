import { it } from 'vitest'
import { becomesWhatTheRulesSay } from './any-feed.ts'
import { PROPERTY_TIMEOUT } from './property.ts'
import { feeds } from './rules/feeds.ts'

it(
  'transactions created, updated, cleared, declined and refunded give the same rows and totals (R26-R28)',
  () => becomesWhatTheRulesSay(feeds(['agents', 'users', 'budgets', 'cards', 'transactions'])),
  PROPERTY_TIMEOUT,
)
