import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
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
  it('gives URL and target of the profile that dbt_project.yml names', async () => {
    const profile = await read(profiles, { env: { DBT_ENV_SECRET_PASSWORD: 'p/w' } })
    expect(profile?.target).toEqual({ name: 'dev', profileName: 'shop', threads: 4, schema: 'ada' })
    expect(profile?.url()).toBe('postgres://ada:p%2Fw@db.example.org:5433/shop?sslmode=require')
    const prod = await read(profiles, { target: 'prod' })
    expect([prod?.target.schema, prod?.url()]).toEqual(['analytics', 'postgres://shop:a%40b@db.example.org:5432/shop'])
  })

  it('needs its secrets only where its URL is used', async () => {
    const profile = await read()
    expect(profile?.target.schema).toBe('ada')
    expect(() => profile?.url()).toThrow("'DBT_ENV_SECRET_PASSWORD' is not set")
  })

  it('says what is wrong, and what to do', async () => {
    expect(await mistake(profiles, { target: 'prd' })).toContain("no target 'prd' → Did you mean 'prod'?")
    expect(await mistake(profiles, { target: 'snow' })).toContain("not supported: the adapter 'snowflake'")
    expect(await mistake('shop: {target: a, outputs: {a: {type: duckdb}}}')).toContain(
      "not supported: the adapter 'duckdb' → Use a target of type postgres",
    )
    expect(await mistake('other: {}')).toContain("has no profile 'shop'")
    expect(await mistake('shop: {outputs: {default: {type: postgres, sslcert: x}}}')).toContain("not supported: 'sslcert'")
  })
})
