import type { Config } from './node.ts'

/** The incremental_strategy of a config as text, known or not; by default delete+insert with a unique_key, append without. */
export function strategyName({ incremental_strategy, unique_key }: Config): string {
  return String(incremental_strategy ?? (unique_key ? 'delete+insert' : 'append')).replace('_', '+')
}
