import { type Address, addressOfUrl } from '../database/address.ts'

/** The name of the embedded server's superuser and of its database. */
export const superuser = 'deskledger'

/** The address of the embedded server. Environment variables about other servers do not apply. */
export function embeddedAddress(url: string): Address {
  return { ...addressOfUrl(url, { from: 'the embedded server', env: {} }), tls: { mode: 'disable' } }
}
