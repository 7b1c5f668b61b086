import { ProjectError } from '../base/errors.ts'
import { withoutCredentials } from '../base/sanitize.ts'

/** Downloads an address, with up to three attempts; throws a ProjectError that names the address. */
export async function download(url: string, what: string): Promise<Buffer> {
  if (!/^https?:\/\//.test(url)) throw new ProjectError(`Invalid address of ${what}: '${url}' is not http or https`)
  let problem = ''
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) })
      if (answer.ok) return await bytesOf(answer, what)
      problem = `the answer is ${answer.status} ${answer.statusText}`.trim()
      if (answer.status < 500) break
    } catch (error) {
      if (error instanceof ProjectError) throw error
      problem = String((error as { cause?: Error }).cause?.message ?? (error as Error).message)
    }
    if (attempt < ATTEMPTS) await new Promise(resolve => setTimeout(resolve, attempt * PAUSE))
  }
  throw new ProjectError(`${what} cannot be fetched from ${withoutCredentials(url)}: ${problem}`, {
    hint: 'Check the network and the address. For another hub set DBT_PACKAGE_HUB_URL.',
  })
}

const ATTEMPTS = 3
/** In milliseconds. */
const TIMEOUT = 30_000
const PAUSE = 500
/** The largest accepted package in bytes: the largest known ones have some megabytes. */
const LARGEST = 200_000_000

async function bytesOf(answer: Response, what: string): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of answer.body ?? []) {
    size += piece.length
    if (size > LARGEST) throw new ProjectError(`${what} has more than ${LARGEST / 1_000_000} MB`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
