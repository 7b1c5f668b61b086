import { ExtractError } from './failure.ts'
import type { Question } from './question.ts'
import { excerpt, type Redact } from './redact.ts'
import type { Connection } from './settings.ts'
import type { SourceConfig } from './source-config.ts'
import type { Verdict } from './verdict.ts'

/** The errors of one source's client. Each contains the request, the answer and the next step. */
export interface Faults {
  /** `freshdesk GET /api/v2/agents page 3`. */
  what(question: Question): string
  /** The answer is final: refused or wrong. */
  final(question: Question, verdict: Extract<Verdict, { kind: 'refused' | 'wrong' }>, bytes: Buffer): ExtractError
  /** The retries are used up: those of the request, or with `ends: 'run'` those of the whole run. */
  givenUp(question: Question, reason: string, bytes: Buffer, used: string, ends: 'entity' | 'run'): ExtractError
  late(question: Question): ExtractError
}

/** The errors of a source, without secrets in their texts. */
export function faultsOf({ source, secret }: SourceConfig, { base }: Connection, redact: Redact): Faults {
  return { what, final, givenUp, late }

  function what({ path, query }: Question): string {
    return `${source} GET ${base.pathname}${path}${query.page ? ` page ${query.page}` : ''}`
  }

  function final(question: Question, verdict: Extract<Verdict, { kind: 'refused' | 'wrong' }>, bytes: Buffer): ExtractError {
    const message = said(question, verdict.reason, bytes)
    if (verdict.kind === 'wrong')
      return new ExtractError(4, message, { hint: verdict.hint ? `${verdict.hint} ${STAYS}` : STAYS, ends: 'entity' })
    const check = `heck ${secret.env}, then run extract again. ${STAYS}`
    return new ExtractError(3, message, {
      hint: question.needs ? `This needs ${question.needs}: c${check}` : `C${check}`,
      // After a 401 every request would be refused, after a 403 only this entity.
      ends: verdict.reason.startsWith('403') ? 'entity' : 'run',
    })
  }

  function givenUp(question: Question, reason: string, bytes: Buffer, used: string, ends: 'entity' | 'run'): ExtractError {
    return new ExtractError(4, `${said(question, reason, bytes)}, after ${used}`, { hint: `${AGAIN} ${STAYS}`, ends })
  }

  function late(question: Question): ExtractError {
    return new ExtractError(4, `Deadline reached before ${what(question)}`, { hint: `${AGAIN} ${STAYS}` })
  }

  function said(question: Question, reason: string, bytes: Buffer): string {
    const body = excerpt(bytes, redact)
    return `${what(question)} failed: ${redact(reason)}${body ? `: ${body}` : ''}`
  }
}

const AGAIN = 'Run extract again later today: it continues where it stopped.'
const STAYS = 'No batch was made; the last one stays.'
