import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOfUrl, describeAddress, urlOf } from '../../run/database/address.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deskledger-address-'))
  writeFileSync(join(folder, 'services'), '# ours\n[shop]\nhost=db.example.test\nport = 6543\ndbname=shop\nuser=ada\n[other]\nport=1\n')
  writeFileSync(join(folder, 'passes'), '# a comment\nelsewhere:*:*:*:no\ndb.example.test:6543:*:ada:se\\:cret\\\\\n*:*:*:*:any\n', {
    mode: 0o600,
  })
  writeFileSync(join(folder, 'root.crt'), 'an authority')
})
afterAll(() => rmSync(folder, { recursive: true }))

const of = (url: string, env: Record<string, string> = {}) => addressOfUrl(url, { env: { PGPASSFILE: '/nowhere', ...env } })
const place = (url: string, env?: Record<string, string>) => {
  const { host, port, user, password, database } = of(url, env)
  return [user, password, host, port, database].join(' ')
}
const me = userInfo().username

describe('a URL says where, as libpq reads it', () => {
  it.each([
    ['postgres://u:p@h:5433/d', 'u p h 5433 d'],
    ['postgresql://u@h/d', 'u  h 5432 d'],
    ['postgres://u@h', 'u  h 5432 u'],
    ['postgres://h/d', `${me}  h 5432 d`],
    ['postgres://u@%2Fvar%2Frun%2Fpg:5433/d', 'u  /var/run/pg 5433 d'],
    ['postgres://u@/d?host=/var/run/pg', 'u  /var/run/pg 5432 d'],
    ['postgres:///d?host=/run/x&user=u&port=7', 'u  /run/x 7 d'],
    ['postgres://u@[::1]:5433/d', 'u  ::1 5433 d'],
    ['postgres://u@[2001:db8::10]/d', 'u  2001:db8::10 5432 d'],
    ['postgres://a%40b:p%2Fw%23%3F@h/d%2Fe%20f%25', 'a@b p/w#? h 5432 d/e f%'],
    ['postgres://u:p#w@h/d#e', 'u p#w h 5432 d#e'],
    ['postgres://u@h/d?password=a+b%20c', 'u a+b c h 5432 d'],
    ['postgres://u@h/d?host=other', 'u  other 5432 d'],
  ])('%s', (url, expected) => expect(place(url)).toBe(expected))

  it('and what it leaves out, the environment says, a service before it, the passfile last', () => {
    expect(place('postgres://', { PGHOST: 'h', PGPORT: '7', PGUSER: 'u', PGDATABASE: 'd', PGPASSWORD: 'p' })).toBe('u p h 7 d')
    expect(place('postgres://u@h/d', { PGHOST: 'x', PGPORT: '7', PGUSER: 'y' })).toBe('u  h 7 d')
    const env = { PGSERVICEFILE: join(folder, 'services'), PGPASSFILE: join(folder, 'passes'), PGPORT: '9' }
    expect(place('postgres://?service=shop', env)).toBe('ada se:cret\\ db.example.test 6543 shop')
    expect(place('postgres:///mine', { ...env, PGSERVICE: 'shop' })).toBe('ada se:cret\\ db.example.test 6543 mine')
    expect(place('postgres://u@h/d', env)).toBe('u any h 9 d')
    expect(() => of('postgres://?service=none', env)).toThrow(`There is no service 'none': looked in ${join(folder, 'services')}`)
  })

  it.skipIf(process.platform === 'win32')('a passfile that others may read is passed over, with a word', () => {
    const file = join(folder, 'open')
    writeFileSync(file, '*:*:*:*:any\n')
    chmodSync(file, 0o644)
    const { password, warnings } = of('postgres://u@h/d', { PGPASSFILE: file })
    expect([password, warnings]).toEqual([undefined, [expect.stringContaining('chmod 600')]])
  })
})

describe('what cannot be used is refused, by who gave it, and without the password', () => {
  it.each([
    ['mysql://u:secret@h', 'DATABASE_URL is not a PostgreSQL URL'],
    ['host=h password=secret', 'DATABASE_URL is a list of keywords and values'],
    ['postgres://u:secret@a,b/d', 'DATABASE_URL names several hosts'],
    ['postgres://u:secret@a:1,b:2/d', 'DATABASE_URL names several hosts'],
    ['postgres://u@h/d?host=a,b', 'several hosts are named'],
    ['postgres://u:secret@h:99999/d', "invalid port '99999'"],
    ['postgres://u:secret@h:0/d', "invalid port '0'"],
    ['postgres://u:secret@h:5x/d', "invalid port '5x'"],
    ['postgres://u:secret%zz@h/d', 'has a password that is not percent-encoded text'],
    ['postgres://u:secret%00@h/d', 'has a password that is not percent-encoded text'],
    ['postgres://u@h%20/d', "invalid host 'h '"],
    ['postgres://u@2001:db8::10/d', 'invalid port'],
    ['postgres://u:p@ss@h/d', "invalid host 'ss@h'"],
    ['postgres://u@h/d?sslmode=on', "invalid sslmode 'on': expected one of disable, allow, prefer, require, verify-ca, verify-full"],
    ['postgres://u@h/d?sslmode=verify-full', 'needs a certificate to trust'],
    ['postgres://u@h/d?sslmode=require&sslrootcert=/nowhere', 'sslrootcert=/nowhere cannot be read (ENOENT)'],
    ['postgres://u@h/d?sslmode=require&sslrootcert=system', 'sslmode=require cannot be combined with sslrootcert=system'],
    ['postgres://u@h/d?channel_binding=require', 'channel_binding=require is not supported'],
    ['postgres://u@h/d?gssencmode=require', 'gssencmode=require is not supported'],
    ['postgres://u@h/d?sslcrl=x', 'sslcrl=x is not supported'],
    ['postgres://u@h/d?connect_timeout=soon', "invalid connect_timeout 'soon'"],
    ['postgres://u@h/d?user', "has the parameter 'user' without a value"],
  ])('%s', (url, message) => {
    const failure = (() => {
      try {
        return String(of(url))
      } catch (error) {
        return (error as Error).message
      }
    })()
    expect(failure).toContain(message)
    expect(failure).not.toContain('secret')
  })

  it('a variable by its name', () => expect(() => of('postgres://u@h/d', { PGPORT: 'x' })).toThrow("PGPORT: invalid port 'x'"))
})

it('parameters of other tools are named in one warning, those without meaning here in none', () => {
  const { warnings } = of('postgres://u@h/d?schema=public&pgbouncer=true&keepalives=1&channel_binding=prefer&target_session_attrs=any')
  expect(warnings).toEqual([expect.stringContaining('DATABASE_URL: schema, pgbouncer are unknown parameters of a PostgreSQL connection')])
})

it('TLS, the name of the application and options are as they were given', () => {
  const root = join(folder, 'root.crt')
  expect(of('postgres://u@h/d').tls).toEqual({ mode: 'prefer' })
  expect(of('postgres://u@h/d?ssl=true').tls.mode).toBe('require')
  expect(of(`postgres://u@h/d?sslmode=verify-ca&sslrootcert=${root}`).tls).toEqual({ mode: 'verify-ca', ca: 'an authority' })
  expect(of('postgres://u@h/d?sslrootcert=system').tls).toEqual({ mode: 'verify-full' })
  expect(of('postgres://u@h/d', { PGSSLMODE: 'disable' }).tls).toEqual({ mode: 'disable' })
  expect(of('postgres://u@h/d?application_name=x&options=-c%20work_mem%3D9MB&connect_timeout=3')).toMatchObject({
    applicationName: 'x',
    startup: { options: '-c work_mem=9MB' },
    connectSeconds: 3,
  })
})

it('is shown without its password, and given to clients with it', () => {
  const address = of('postgres://a%40b:s%23@%2Frun%2Fx:1/d%2Fe?sslmode=require&search_path=shop')
  expect(describeAddress(address)).toBe('postgres://a%40b@%2Frun%2Fx:1/d%2Fe')
  expect(urlOf(address)).toBe('postgres://a%40b:s%23@%2Frun%2Fx:1/d%2Fe?sslmode=require')
  expect(describeAddress(of('postgres://u@[::1]/d'))).toBe('postgres://u@[::1]:5432/d')
  expect(address.environment).toEqual({
    PGHOST: '/run/x',
    PGPORT: '1',
    PGUSER: 'a@b',
    PGDATABASE: 'd/e',
    PGPASSWORD: 's#',
    PGPASSFILE: '/nowhere',
    PGSSLMODE: 'require',
    PGOPTIONS: '-c search_path=shop',
  })
})
