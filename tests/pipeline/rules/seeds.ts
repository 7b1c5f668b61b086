import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'

/** The seeds as in their CSV files: text, `''` for empty. */
export interface Seeds {
  sync_batches: { batch: string; sync_date: string }[]
  currencies: { code: string; minor_units: string; name: string }[]
  exchange_rates: { rate_date: string; currency: string; usd_per_unit: string }[]
  user_agent_overrides: { user_id: string; agent_id: string }[]
}

/** The project's variables that the rules use. */
export interface Vars {
  /** The day of `…day1`, by default 2026-01-05 (R2). */
  first_sync_date?: string
  /** The least share of the earlier snapshot that the next one must list, by default 0.5 (R5). */
  min_snapshot_ratio?: string
  /** Types that settle an authorization, comma-separated, by default CLEAR, CLEARING and REFUND (R31). */
  settling_types?: string
}

/** The four seeds of a folder of CSV files; those in `_seeds` of the data folder replace them by name (R1). */
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
