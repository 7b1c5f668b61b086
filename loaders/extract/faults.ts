import type { Question } from './client.ts'
import type { SourceConfig } from './config.ts'
import { ExtractError } from './failure.ts'
import { excerpt, type Redact } from './redact.ts'
import type { Connection } from './settings.ts'
import type { Verdict } from './verdict.ts'

/** The errors of one source's client. Each says what was asked, what came, and what to do. */
export interface Faults {
  /** `freshdesk, GET /api/v2/agents page 3`. */
  what(question: Question): string
  /** The answer is final: refused, or wrong. */
  final(question: Question, verdict: Extract<Verdict, { kind: 'refused' | 'wrong' }>, bytes: Buffer): ExtractError
  /** It was asked often enough. `ends` is the run where nothing may be asked again. */
  givenUp(question: Question, reason: string, bytes: Buffer, used: string, ends: 'entity' | 'run'): ExtractError
  late(question: Question): ExtractError
}

/** The errors of a source. No text of theirs holds a secret. */
export function faultsOf({ source, secret }: SourceConfig, { base }: Connection, redact: Redact): Faults {
  return { what, final, givenUp, late }

  function what({ path, query }: Question): string {
    return `${source}, GET ${base.pathname}${path}${query.page ? ` page ${query.page}` : ''}`
  }

  function final(question: Question, verdict: Extract<Verdict, { kind: 'refused' | 'wrong' }>, bytes: Buffer): ExtractError {
    const message = said(question, verdict.reason, bytes)
    if (verdict.kind === 'wrong')
      return new ExtractError(4, message, { hint: verdict.hint ? `${verdict.hint} ${STAYS}` : STAYS, ends: 'entity' })
    const check = `heck ${secret.env}, then run extract again. ${STAYS}`
    return new ExtractError(3, message, {
      hint: question.needs ? `This needs ${question.needs}: c${check}` : `C${check}`,
      // A key that is refused is refused everywhere, one that may not see this may see the rest.
      ends: verdict.reason.startsWith('403') ? 'entity' : 'run',
    })
  }

  function givenUp(question: Question, reason: string, bytes: Buffer, used: string, ends: 'entity' | 'run'): ExtractError {
    return new ExtractError(4, `${said(question, reason, bytes)}, after ${used}`, { hint: `${AGAIN} ${STAYS}`, ends })
  }

  function late(question: Question): ExtractError {
    return new ExtractError(4, `The deadline comes before ${what(question)} may be asked`, { hint: `${AGAIN} ${STAYS}` })
  }

  function said(question: Question, reason: string, bytes: Buffer): string {
    const body = excerpt(bytes, redact)
    return `${what(question)}: ${redact(reason)}${body ? ` (${body})` : ''}`
  }
}

const AGAIN = 'Run extract again later: what is finished is not asked again today.'
const STAYS = 'No batch was made; the last one stays.'
