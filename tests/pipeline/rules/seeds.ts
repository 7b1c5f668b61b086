import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'

/** The seeds as their CSV files give them: text, `''` for empty. */
export interface Seeds {
  sync_batches: { batch: string; sync_date: string }[]
  currencies: { code: string; minor_units: string; name: string }[]
  exchange_rates: { rate_date: string; currency: string; usd_per_unit: string }[]
  user_agent_overrides: { user_id: string; agent_id: string }[]
}

/** The project's variables that the rules know. */
export interface Vars {
  /** The day of `…day1`, 2026-01-05 when absent (R2). */
  first_sync_date?: string
  /** Which part of the earlier snapshot the next one lists at least, 0.5 when absent (R5). */
  min_snapshot_ratio?: string
  /** Types that settle an authorization, comma-separated, CLEAR, CLEARING and REFUND when absent (R31). */
  settling_types?: string
}

/** The four seeds of a folder of CSV files; what `_seeds` of the data folder has stands in for the seed of that name (R1). */
export function readSeeds(folder: string, data?: string): Seeds {
  const rows = (name: string) => {
    const own = join(data ?? folder, '_seeds', `${name}.csv`)
    const text = readFileSync(existsSync(own) ? own : join(folder, `${name}.csv`))
    return parse(text, { columns: true, bom: true, skip_empty_lines: true })
  }
  return {
    sync_batches: rows('sync_batches') as Seeds['sync_batches'],
    currencies: rows('currencies') as Seeds['currencies'],
    exchange_rates: rows('exchange_rates') as Seeds['exchange_rates'],
    user_agent_overrides: rows('user_agent_overrides') as Seeds['user_agent_overrides'],
  }
}
