/** Why a whole file is refused (R6): its message goes into the ledger as the reason. */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  /** A message that quotes the file may hold what the ledger cannot store: a NUL, or half of a character. */
  constructor(message: string) {
    super(Buffer.from(message).toString().replaceAll('\0', '\u2400'))
  }
}

/** Any number of bytes as people write it. */
export function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : bytes < 10_000_000 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`
}
