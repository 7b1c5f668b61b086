/** The present work of a runner, as shown by its statements. */
export type Phase = 'none' | 'migration' | 'load' | 'build' | 'publish' | 'clean'

/** The phase after a statement was sent. */
export function phaseAfter(phase: Phase, sent: string): Phase {
  // Each is the first statement of its phase.
  if (sent.includes('set search_path = public')) return 'migration'
  if (sent.includes('dbt_retired')) return 'clean'
  if (sent.includes('insert into ops.nodes')) return 'publish'
  if (sent.includes('begin isolation level repeatable read')) return 'build'
  if (phase === 'none' && (sent.includes('ops.unfinished_files') || sent.includes('insert into ops.loads'))) return 'load'
  return sent.includes('pg_advisory_unlock') ? 'none' : phase
}
