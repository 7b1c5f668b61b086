import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import { repeating } from '../../run/cli/retry.ts'
import { addressOfUrl } from '../../run/database/address.ts'
import { explainConnection } from '../../run/database/connection.ts'
import { isRepeatable, nodeAway } from '../../run/database/errors.ts'
import { silentReport } from '../pipeline/fixture.ts'

const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })

describe('what may be repeated', () => {
  it.each(['CONNECTION_CLOSED', 'ECONNRESET', '40001', '40P01', '53300', '57P01', '57P02', '57P03'])('%s', code => {
    expect(isRepeatable(failure(code))).toBe(true)
    expect(isRepeatable(Object.assign(new ProjectError('A model failed'), { cause: failure(code) }))).toBe(true)
  })

  it.each([
    ['failure on connection marked as essential: 127.0.0.1:5511', true],
    ['SSL SYSCALL error: EOF detected', true],
    ['server closed the connection unexpectedly', true],
    ['unrecognized node type: 42', false],
  ])('of what a Citus coordinator says with the code of a bug: %s', (message, isSafe) => {
    expect(isRepeatable(Object.assign(new Error(message), { code: 'XX000' }))).toBe(isSafe)
  })

  it.each([
    ['57P03', true],
    ['53300', true],
    ['ECONNRESET', true],
    ['ECONNREFUSED', false],
    ['28P01', false],
    ['3D000', false],
  ])('of attempts to connect: %s %s', (code, isSafe) => {
    expect(isRepeatable(explainConnection(failure(code), addressOfUrl('postgres://127.0.0.1/shop')))).toBe(isSafe)
  })

  it.each(['22012', '23505', '42P01', '53100', '55P03', '57014', 'ECONNREFUSED', '28P01'])('never %s', code => {
    expect(isRepeatable(failure(code))).toBe(false)
  })
})

describe('repeating', () => {
  it('begins again until it succeeds, and says so each time', async () => {
    const { tries, printed, result } = await repeat([failure('ECONNRESET'), failure('ECONNREFUSED'), failure('57P03')])
    expect([tries, result]).toEqual([4, 'done'])
    expect(printed).toContain('failed with ECONNRESET. Retrying in 0.001 s, attempt 1 of 4')
    expect(printed).toContain('failed with 57P03. Retrying in 0.001 s, attempt 3 of 4')
  })

  it('waits for a node of a cluster only when it was there before', async () => {
    expect((await repeat([failure('08006'), nodeAway('The node b:5432 does not answer', 'Start it.')])).tries).toBe(3)
    expect(await repeat([nodeAway('The node b:5432 does not answer', 'Start it.')])).toMatchObject({ tries: 1 })
  })

  it('gives up after the last pause', async () => {
    expect(await repeat(Array.from({ length: 9 }, () => failure('40001')))).toMatchObject({ tries: 5, error: 'failed with 40001' })
  })

  it('repeats no error of data, and no wrong address', async () => {
    expect(await repeat([failure('22012')])).toMatchObject({ tries: 1, error: 'failed with 22012', printed: '' })
    expect(await repeat([failure('ECONNREFUSED')])).toMatchObject({ tries: 1 })
  })

  it('ends at Ctrl-C', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 20)
    const began = performance.now()
    expect(await repeat([failure('40001')], controller.signal, [60_000])).toMatchObject({ tries: 1, error: 'failed with 40001' })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

async function repeat(errors: Error[], signal = new AbortController().signal, pauses = [1, 1, 1, 1]) {
  const { report, printed } = silentReport()
  let tries = 0
  const work = async () => {
    const error = errors[tries++]
    if (error) throw error
    return 'done'
  }
  const outcome = await repeating(work, { report, signal, pauses }).then(
    result => ({ result }),
    error => ({ error: (error as Error).message }),
  )
  return { tries, printed: printed(), result: undefined, error: undefined, ...outcome }
}
