import { type Place, ProjectError } from '../base/errors.ts'
import { answering } from '../database/answers.ts'
import type { Session } from '../database/driver.ts'
import type { Answers, Introspect, Request } from '../database/introspection.ts'
import { controlsTransaction, type Statement, statementsOf } from '../database/split-statements.ts'

/**
 * Answers the queries of an operation's macro in the open transaction. Its COMMIT or ROLLBACK ends that transaction and begins the next;
 * statements that cannot run in a transaction (VACUUM) run between two, after a commit.
 */
export function operationAnswers(session: Session): Introspect {
  const answer = answering(session)
  return ((request: Request) => {
    if (request.kind !== 'query') return answer(request as never)
    return inSteps(session, request, ({ text }) => answer({ ...request, sql: text }))
  }) as Introspect
}

type Answer = Answers['query']

/** Runs SQL of an operation: `run` for what stays in the transaction, otherwise as operationAnswers(). Gives the last answer. */
export async function inSteps(
  session: Session,
  { sql, place }: { sql: string; place: Place },
  run: (part: Pick<Statement, 'text' | 'offset'>) => Promise<Answer>,
): Promise<Answer> {
  const statements = statementsOf(sql)
  const isPlain = (one: Statement) => !controlsTransaction(one) && !isAlone(one)
  if (statements.every(isPlain)) return run({ text: sql, offset: 0 })
  let last = told('')
  for (const one of statements) last = isPlain(one) ? await run(one) : isAlone(one) ? await alone(one) : await control(one)
  return last

  async function alone(one: Statement): Promise<Answer> {
    await session`commit`
    try {
      return await run(one)
    } finally {
      await session`begin`
    }
  }

  async function control({ text, verb }: Statement): Promise<Answer> {
    if (/\bprepared?\b/i.test(verb))
      throw new ProjectError(`${verb.toUpperCase()} is not allowed in run-operation`, { place, hint: 'Use COMMIT or ROLLBACK.' })
    const isBack = /^(rollback|abort)\b/.test(verb)
    if (/^(savepoint|release)\b/.test(verb) || (isBack && /\bto\b/i.test(text))) await session.unsafe(text)
    else if (!/^(begin|start)\b/.test(verb)) {
      await session.unsafe(isBack ? 'rollback' : 'commit')
      await session`begin`
    }
    return told(verb.split(/\s/)[0]!.toUpperCase())
  }
}

/** The answer to a statement without rows. */
export function told(status: string): Answer {
  return { columns: [], rows: [], status }
}

function isAlone({ verb, text }: Statement): boolean {
  if (/^vacuum\b|^(create|drop) (database|tablespace)$|^alter system$/.test(verb)) return true
  return /^(create (unique|index)|drop index|reindex)\b/.test(verb) && /\bconcurrently\b/i.test(text)
}
