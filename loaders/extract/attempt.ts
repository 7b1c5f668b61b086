/** A complete response. */
export interface Raw {
  status: number
  headers: Headers
  /** The body after decoding of its content encoding. */
  bytes: Buffer
}

/** The error for a missing or incomplete response. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  /** Whether a retry may help: false for an invalid certificate. */
  readonly isPassing: boolean

  constructor(message: string, isPassing = true) {
    super(message)
    this.isPassing = isPassing
  }
}

/**
 * One GET without redirects; reads the body to its end within `timeout` milliseconds. Throws Unanswered, or the signal's reason at once.
 */
export async function attempt(url: URL, headers: Record<string, string>, timeout: number, signal: AbortSignal): Promise<Raw> {
  signal.throwIfAborted()
  const call = new AbortController()
  const stop = () => call.abort(signal.reason)
  const timer = setTimeout(() => call.abort(new Unanswered(`no complete response within ${timeout / 1000} seconds`)), timeout)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const response = await fetch(url, { method: 'GET', redirect: 'manual', headers, signal: call.signal })
    return { status: response.status, headers: response.headers, bytes: await bytesOf(response) }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (call.signal.aborted) throw call.signal.reason
    throw error instanceof Unanswered ? error : unanswered(error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    // The rest of an abandoned body must not keep the connection open.
    call.abort()
  }
}

const LARGEST = 64_000_000

async function bytesOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LARGEST) throw new Unanswered(`the body is larger than ${LARGEST / 1e6} MB`, false)
  }
  return Buffer.concat(chunks, length)
}

// fetch reports "fetch failed" or "terminated"; the reason is in the cause.
function unanswered(error: unknown): Unanswered {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } }
  const code = cause?.code ?? ''
  if (/CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL/.test(code)) return new Unanswered(`the TLS connection was refused: ${code}`, false)
  return new Unanswered(sayings[code] ?? `the connection failed: ${code || cause?.message || message}`)
}

const sayings: Record<string, string> = {
  ENOTFOUND: 'the host name is unknown (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
  ECONNREFUSED: 'the connection was refused (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  UND_ERR_SOCKET: 'the connection ended before the response was complete (UND_ERR_SOCKET)',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out (UND_ERR_CONNECT_TIMEOUT)',
}
