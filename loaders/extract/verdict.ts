import type { Raw } from './attempt.ts'
import { fieldOf, isObject, parseBytes } from './json.ts'
import type { CodeMeaning, SourceConfig } from './source-config.ts'
import { retryAfter, untilNextHour } from './waits.ts'

/** The verdict on an answer. `reason` begins with its status. */
export type Verdict =
  | { kind: 'good'; value: unknown }
  /** A status that the caller handles. */
  | { kind: 'passed' }
  /** Try again. `wait`: the server's requested wait in milliseconds; undefined without one. */
  | { kind: 'again'; reason: string; wait: number | undefined }
  | { kind: 'refused'; reason: string }
  | { kind: 'wrong'; reason: string; hint?: string }

/**
 * Judges an answer: first by the codes in its body, as BILL sends errors with status 200 and an exhausted quota with 422; then by its
 * status; then by its body. `passes` are the statuses that the caller handles.
 */
export function judge(raw: Raw, { codes }: Pick<SourceConfig, 'codes'>, passes: (status: number) => boolean, now: number): Verdict {
  const { status, headers, bytes } = raw
  const value = parseBytes(bytes)
  const code = codesIn(value).find(found => Object.hasOwn(codes, found))
  const asked = retryAfter(headers.get('retry-after'), now)
  const isPassed = status !== 401 && status >= 400 && passes(status)

  const meaning: CodeMeaning | undefined = code === undefined ? undefined : codes[code]
  if (meaning === 'again') return { kind: 'again', reason: `${status} ${code}`, wait: asked }
  if (meaning === 'next-hour') return { kind: 'again', reason: `${status} ${code}`, wait: untilNextHour(now) }
  if (meaning === 'refused' && !isPassed) return { kind: 'refused', reason: `${status} ${code}` }

  if (status >= 300 && status < 400) return redirected(raw)
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { kind: 'again', reason: String(status), wait: asked }
  if (isPassed) return { kind: 'passed' }
  if (status === 401 || status === 403) return { kind: 'refused', reason: String(status) }
  if (status !== 200) return { kind: 'wrong', reason: String(status) }

  if (/^\ufeff?\s*</.test(bytes.subarray(0, 1000).toString('utf8')))
    return {
      kind: 'wrong',
      reason: '200 with a web page instead of JSON',
      hint: 'Check the name of the account and whether it is active.',
    }
  if (value === undefined) return { kind: 'again', reason: '200 with a body that is cut short or not JSON', wait: undefined }
  return { kind: 'good', value }
}

/** Judges an answer with status 200 whose body is not the expected list or record. */
export function judgeOther(bytes: Buffer, due: string): Extract<Verdict, { kind: 'refused' | 'wrong' }> {
  if (bytes.length < 2000 && /unauthori[sz]ed/i.test(bytes.toString('utf8')))
    return { kind: 'refused', reason: '200 with "unauthorized" in the body' }
  return { kind: 'wrong', reason: `200 with a body that is not ${due}` }
}

function redirected({ status, headers }: Raw): Verdict {
  const target = headers.get('location') ?? ''
  const host = URL.canParse(target) ? new URL(target).host : 'another address'
  return {
    kind: 'wrong',
    reason: `${status}, a redirect to ${host}, which is not followed`,
    hint: 'Check the name of the account, and whether it is active and does not require single sign-on.',
  }
}

// `{code}`, `[{code}, …]`, and the older `{response_data: {error_code}}`.
function codesIn(value: unknown): string[] {
  const bodies = Array.isArray(value) ? value.slice(0, 20) : [value]
  return bodies
    .filter(isObject)
    .flatMap(body => [body.code, body.error_code, fieldOf(body, 'error.code'), fieldOf(body, 'response_data.error_code')])
    .filter(code => typeof code === 'string')
}
