/** Why a whole file is refused (R6): its message goes into the ledger as the reason. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** Any number of bytes as people write it. */
export function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : bytes < 10_000_000 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`
}
