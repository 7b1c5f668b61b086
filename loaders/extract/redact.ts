/** Removes secrets from a text for readers. */
export type Redact = (text: string) => string

/** Replaces each secret in every form in which it is sent or may be echoed: plain, in base64, in base64 with `:X`, in a URL, in JSON. */
export function createRedact(secrets: readonly string[]): Redact {
  const forms = new Set(secrets.filter(secret => secret !== '').flatMap(formsOf))
  const longestFirst = [...forms].sort((one, other) => other.length - one.length)
  return text => longestFirst.reduce((clean, form) => clean.replaceAll(form, '[secret]'), text)
}

/** An answer's body for a message: one line without control characters, at most 500 characters, no secrets. */
export function excerpt(bytes: Buffer, redact: Redact): string {
  const text = redact(bytes.subarray(0, ENOUGH).toString('utf8'))
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}

const LONGEST = 500
// In bytes: even of a body full of secrets more than LONGEST characters remain, so that the cut leaves no part of a secret.
const ENOUGH = 64_000

function formsOf(secret: string): string[] {
  const encoded = [secret, `${secret}:X`, `${secret}:`].map(text => Buffer.from(text).toString('base64'))
  return [
    secret,
    ...encoded,
    ...encoded.map(text => text.replace(/=+$/, '')),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]
}
