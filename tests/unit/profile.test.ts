import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import { urlOf } from '../../run/database/address.ts'
import { readProfile } from '../../run/project/profile.ts'
import { folderOf } from './fixture.ts'

const profiles = `
shop:
  target: dev
  outputs:
    dev:
      type: postgres
      host: db.example.org
      user: ada
      password: "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"
      port: 5433
      dbname: shop
      schema: ada
      threads: 4
      sslmode: require
    prod: {type: postgres, host: db.example.org, user: shop, pass: "a@b", dbname: shop, schema: "{{ env_var('SCHEMA', 'analytics') }}"}
    snow: {type: snowflake, account: x}
`
const read = (text = profiles, options: { target?: string; profile?: string; env?: Record<string, string> } = {}) => {
  const projectDir = folderOf({ 'dbt_project.yml': 'name: shop\nprofile: shop\n', 'profiles.yml': text })
  return readProfile({ projectDir, env: {}, ...options })
}
const mistake = (text?: string, options?: Parameters<typeof read>[1]) =>
  read(text, options).then(
    () => undefined,
    (error: unknown) => (error instanceof ProjectError ? `${error.message} → ${error.hint}` : error),
  )

describe('profiles.yml', () => {
  it('gives address and target of the profile that dbt_project.yml names', async () => {
    const profile = await read(profiles, { env: { DBT_ENV_SECRET_PASSWORD: 'p/w' } })
    expect(profile?.target).toEqual({ name: 'dev', profileName: 'shop', threads: 4, schema: 'ada' })
    expect(profile && urlOf(profile.address())).toBe('postgres://ada:p%2Fw@db.example.org:5433/shop?sslmode=require')
    const prod = await read(profiles, { target: 'prod' })
    expect([prod?.target.schema, prod && urlOf(prod.address())]).toEqual(['analytics', 'postgres://shop:a%40b@db.example.org:5432/shop'])
  })

  it('needs its secrets only where its address is used', async () => {
    const profile = await read()
    expect(profile?.target.schema).toBe('ada')
    expect(() => profile?.address()).toThrow("'DBT_ENV_SECRET_PASSWORD' is not set")
  })

  it('says what is wrong, and what to do', async () => {
    expect(await mistake(profiles, { target: 'prd' })).toContain("no target 'prd' → Did you mean 'prod'?")
    expect(await mistake(profiles, { target: 'snow' })).toContain("not supported: the adapter 'snowflake'")
    expect(await mistake('shop: {target: a, outputs: {a: {type: duckdb}}}')).toContain(
      "not supported: the adapter 'duckdb' → Use a target of type postgres",
    )
    expect(await mistake('other: {}')).toContain("has no profile 'shop'")
  })

  // Each of these once connected to port 5432 of this machine.
  it.each([
    ['host: "db "', "target 'default': invalid host 'db '", 1],
    ['host: "db:6432"', "invalid host 'db:6432'", 1],
    ['host: ""', "'host' is empty", 1],
    ['host: "[::1]"', "invalid host '[::1]'", 1],
    ['{host: db, port: 99999}', "invalid port '99999'", 1],
    ['{host: db, port: "54 32"}', "invalid port '54 32'", 1],
    ['{user: u}', "has no 'host'", 1],
    ['{host: db, sslmode: on}', "invalid sslmode 'true': expected one of disable", 1],
  ])('refuses %s with its line', async (keys, message) => {
    const given = keys.startsWith('{') ? keys.slice(1, -1) : keys
    const profile = await read(
      `shop:\n  outputs:\n    default: {type: postgres, user: u, dbname: d, ${given}}\n`.replace(
        'user: u, dbname: d, user',
        'dbname: d, user',
      ),
    )
    const error = (() => {
      try {
        return profile?.address()
      } catch (error) {
        return error
      }
    })()
    expect(error).toMatchObject({
      name: 'ProjectError',
      message: expect.stringContaining(message),
      place: { file: expect.stringContaining('profiles.yml'), line: 3 },
    })
  })

  it.each([
    ['/run/x', '/run/x'],
    ['2001:db8::10', '2001:db8::10'],
    ['db.example.test', 'db.example.test'],
  ])('takes the host %s as it is', async (host, expected) => {
    const profile = await read(`shop: {outputs: {default: {type: postgres, user: u, dbname: d, host: "${host}"}}}`, {
      env: { PGHOST: 'elsewhere', PGPORT: '1', PGUSER: 'x', PGSERVICE: 'y' },
    })
    expect(profile?.address()).toMatchObject({ host: expected, port: 5432, user: 'u', database: 'd' })
  })

  it('says what is no key', async () =>
    expect(await mistake('shop: {outputs: {default: {type: postgres, sslcret: x}}}')).toContain("Did you mean 'sslcert'?"))
})
