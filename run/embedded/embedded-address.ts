import { type Address, addressOfUrl } from '../database/address.ts'

/** The name of the embedded server's superuser and of its database. */
export const superuser = 'deskledger'

/** The address of the embedded server: what the environment says of other servers is not about this one. */
export function embeddedAddress(url: string): Address {
  return { ...addressOfUrl(url, { from: 'the embedded server', env: {} }), tls: { mode: 'disable' } }
}
