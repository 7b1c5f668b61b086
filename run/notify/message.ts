import { plural } from '../report/format.ts'
import type { Cause, Outcome } from './outcome.ts'

/** The message about a run that needs attention, or about one that recovered. `text` is what Slack and similar tools show. */
export interface Message {
  text: string
  event: 'needs_person' | 'well_again'
  project: string
  command: string
  exit_code: number
  run_id: string | null
  /** The last day of data, `2026-01-07`. */
  data_through: string | null
  causes: Cause[]
  /** ISO 8601, UTC. */
  sent_at: string
}

/** The run that a message is about. */
export interface About {
  project: string
  command: string
  exitCode: number
  outcome: Pick<Outcome, 'runId' | 'through'>
}

/** Makes a message; without causes it reports a recovery. */
export function messageOf({ project, command, exitCode, outcome }: About, causes: Cause[], now = new Date()): Message {
  return {
    // In Slack <!channel> notifies everybody, and a folder of the feed may have any name.
    text: textOf({ project, command, exitCode, outcome }, causes).replaceAll('<', '‹').replaceAll('>', '›'),
    event: causes.length > 0 ? 'needs_person' : 'well_again',
    project,
    command,
    exit_code: exitCode,
    run_id: outcome.runId ?? null,
    data_through: outcome.through ?? null,
    causes,
    sent_at: now.toISOString(),
  }
}

function textOf({ project, command, exitCode, outcome }: About, causes: Cause[]): string {
  const through = outcome.through ? ` Data through ${outcome.through}.` : ''
  if (causes.length === 0) return `${project}: ${command} has recovered.${through}`
  const headline = exitCode === 0 ? `${command} needs attention` : `${command} failed with exit code ${exitCode}`
  const shown = causes.slice(0, MOST).flatMap(({ text, next, below }) => [`• ${text}${belowText(below)}`, `   → ${next}`])
  const more = causes.length > MOST ? [`and ${plural(causes.length - MOST, 'more cause')}`] : []
  return [`${project}: ${headline}.${through}`, ...shown, ...more].join('\n')
}

function belowText(below: string[]): string {
  if (below.length === 0) return ''
  const names = below.slice(0, NAMES).join(', ')
  return `, which affects ${names}${below.length > NAMES ? ` and ${below.length - NAMES} more` : ''}`
}

const MOST = 10
const NAMES = 3
