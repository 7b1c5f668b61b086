import type { Bench } from './context.ts'
import { measureAgain, measureRoom } from './goals/again.ts'
import { measureDelta } from './goals/delta.ts'
import { measureEdits, measureSmall } from './goals/edits.ts'
import { measureLoad } from './goals/load.ts'
import { measureMemory } from './goals/memory.ts'
import { measureNothing } from './goals/nothing.ts'
import { measureParse } from './goals/parse.ts'
import { measureWhole } from './goals/whole.ts'
import { measureYear } from './goals/year.ts'
import type { GoalId, Goals, Measured } from './results.ts'

/** The goals, for the report. */
export const goals = {
  P1: { what: 'load, validated and ledgered, of a single array', goal: '≤ 0.75 × the floor' },
  P1B: { what: 'load of the same file in the next batch, 90 % of its records as they were', goal: '≤ 0.3 × the floor' },
  P2: { what: 'whole build from nothing', goal: '≤ 1.5 × the floor' },
  P3: { what: 'daily delta', goal: "≤ 10 % of P2's time, ≤ 5 % when all is as it was; rows written ≤ 1.1 × rows that changed" },
  P4: { what: 'day 365 against day 10', goal: '≤ 1.2 ×' },
  P5: { what: 'nothing new', goal: '≤ 0.6 s whole process' },
  P6: { what: 'peak RSS of Node for any feed', goal: '≤ 200 MB' },
  P7: { what: 'parse and compile 600 models', goal: '≤ 1.0 s' },
  P9: {
    what: 'after a year: nothing new, a comment edited in core.agents, a rule edited in base_agents that changes no verdict, `--full-refresh`',
    goal: '≤ 0.8 s, ≤ 2 s, ≤ 8 s, ≤ 60 s',
  },
  P10: { what: 'a new day of 500 agents and 2,000 transactions; the sample from nothing', goal: '≤ 2.0 s, ≤ 2.5 s' },
  P11: { what: 'room in raw and base of a record that is sent again unchanged', goal: '≤ 80 bytes, indexes included' },
  P8: { what: 'dbt-core + dbt-postgres, and dlt, on the same data', goal: '≥ 3 × faster than dbt, loading ≥ 5 × faster than dlt' },
} satisfies Goals

/** The measurements of `npm run bench`, ordered so that one can use the results of another. P8 has its own script. */
export const measurements: [Exclude<GoalId, 'P8'>, (bench: Bench) => Promise<Measured>][] = [
  ['P1', measureLoad],
  ['P1B', measureAgain],
  ['P2', measureWhole],
  ['P3', measureDelta],
  ['P5', measureNothing],
  ['P4', measureYear],
  ['P7', measureParse],
  ['P9', measureEdits],
  ['P10', measureSmall],
  ['P11', measureRoom],
  ['P6', measureMemory],
]
