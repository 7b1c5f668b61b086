import { it } from 'vitest'
import { becomesWhatTheRulesSay } from './any-feed.ts'
import { PROPERTY_TIMEOUT } from './property.ts'
import { feeds } from './rules/feeds.ts'

it(
  'any feed, in any order, in any number of builds, becomes what the rules say (R3)',
  () => becomesWhatTheRulesSay(feeds(), 2),
  PROPERTY_TIMEOUT,
)
