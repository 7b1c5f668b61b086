import { hash } from 'node:crypto'

/** md5 in hex, of UTF-8. */
export function md5(text: string): string {
  return hash('md5', text)
}

/** sha256 in hex, of UTF-8. */
export function sha256(text: string): string {
  return hash('sha256', text)
}
