import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addressOfUrl } from '../../run/database/address.ts'
import { connect } from '../../run/database/connection.ts'
import { migrate, pendingMigrations } from '../../run/database/migrate.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

let folder: string
let database: FreshDatabase

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deskledger-migrations-'))
  mkdirSync(join(folder, 'migrations'))
  database = await freshDatabase({ migrate: false })
})

afterEach(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

const write = (name: string, script: string) => writeFileSync(join(folder, 'migrations', name), script)
const apply = () => migrate(database.sql, folder)

it('applies what is pending, in order, once', async () => {
  write('00002-more.sql', 'alter table a add column more int;')
  write('00001-a.sql', 'create table a (id int);')
  expect(await apply()).toEqual(['00001-a.sql', '00002-more.sql'])
  expect(await apply()).toEqual([])
  expect(await database.sql`select id, more from a`).toEqual([])
})

it('applies once when two processes come at once', async () => {
  write('00001-a.sql', 'create table a (id int);')
  const both = await Promise.all([apply(), apply()])
  expect(both.flat()).toEqual(['00001-a.sql'])
})

it('names file, line and column of what PostgreSQL refuses, and keeps nothing of the file', async () => {
  write('00001-a.sql', 'create table a (id int);')
  write('00002-b.sql', '-- a comment; with a semicolon\ncreate table b (id int);\n\ncreate table c (\n    id intt\n);\n')
  await expect(apply()).rejects.toMatchObject({
    name: 'ProjectError',
    message: 'PostgreSQL refuses the migration: type "intt" does not exist (42704)',
    place: { file: 'migrations/00002-b.sql', line: 5, column: 8 },
  })
  expect(await database.sql`select to_regclass('a') is not null as a, to_regclass('b') is null as no_b`).toEqual([{ a: true, no_b: true }])
  // Without a position the place is the statement; characters count as in PostgreSQL.
  write('00002-b.sql', "select '🙂'; create table b (id int);\n\n  create table a (id int);\n")
  await expect(apply()).rejects.toMatchObject({ place: { line: 3, column: 3 } })
  write('00002-b.sql', "select '🙂', nothing;")
  await expect(apply()).rejects.toMatchObject({ place: { line: 1, column: 14 } })
  write('00002-b.sql', 'create table b (id int);')
  expect(await apply()).toEqual(['00002-b.sql'])
})

it('finds its ledger by its schema, whatever the search_path is, and brings home one that lies elsewhere', async () => {
  write('00001-a.sql', 'create table public.a (id int);')
  await apply()
  await database.sql`create schema elsewhere`
  for (const table of ['atdatabases_migrations_applied', 'atdatabases_migrations_version'])
    await database.sql.unsafe(`alter table ${table} set schema elsewhere`)
  expect(await pendingMigrations(database.sql, folder)).toEqual([])
  const [row] = await database.sql<{ name: string }[]>`select current_database() as name`
  await database.sql.unsafe(`alter database ${row?.name} set search_path = nowhere`)
  const other = connect(database.url)
  try {
    write('00002-b.sql', 'create table b (id int);')
    expect(await migrate(other, folder)).toEqual(['00002-b.sql'])
    expect([
      ...(await other`select relnamespace::regnamespace::text as schema from pg_class where relname in ('atdatabases_migrations_applied', 'b')`),
    ]).toEqual([{ schema: 'public' }, { schema: 'public' }])
  } finally {
    await other.end()
  }
})

it('is not misled by how the server writes times and reads strings', async () => {
  const [row] = await database.sql<{ name: string }[]>`select current_database() as name`
  for (const setting of [
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'sql_standard'",
    'standard_conforming_strings = off',
    "timezone = 'Asia/Kathmandu'",
  ])
    await database.sql.unsafe(`alter database ${row?.name} set ${setting}`)
  const other = connect(database.url)
  try {
    for (const number of [1, 2, 3]) write(`0000${number}-a.sql`, `create table a${number} (path text default 'a\\b');`)
    expect(await migrate(other, folder)).toHaveLength(3)
    expect(await pendingMigrations(other, folder)).toEqual([])
    expect([...(await other`insert into a3 default values returning path`)]).toEqual([{ path: 'a\\b' }])
  } finally {
    await other.end()
  }
})

it('says which right is missing, and blames no file for it', async () => {
  write('00001-a.sql', 'create schema a;')
  const role = `deskledger_least_${Date.now()}`
  await database.sql.unsafe(`create role ${role} login; grant ${role} to current_user; grant create on schema public to ${role}`)
  const url = new URL(database.url)
  const other = connect({ ...addressOfUrl(url.href), startup: { role } })
  try {
    await expect(migrate(other, folder)).rejects.toMatchObject({
      message: expect.stringMatching(/^The user of the database lacks a privilege that migrations need: permission denied for database/),
      place: undefined,
    })
  } finally {
    await other.end()
    await database.sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  }
})

it('shows both sides of a file that was edited after it had been applied', async () => {
  write('00001-a.sql', '-- grain\ncreate table a (id int);\n')
  await apply()
  write('00001-a.sql', '-- grain\ncreate table a (id bigint);\n')
  await expect(apply()).rejects.toThrow(
    /00001-a.sql was edited after .* line 2 was 'create table a \(id int\);', is 'create table a \(id bigint\);'/,
  )
})

it('is blind to the line ends of a checkout', async () => {
  write('00001-a.sql', '-- grain\ncreate table a (id int);\n')
  await apply()
  write('00001-a.sql', '-- grain\r\ncreate table a (id int);\r\n')
  write('00002-b.sql', 'create table b (id int);')
  expect(await apply()).toEqual(['00002-b.sql'])
})

it('refuses files that contradict the history or each other', async () => {
  write('00002-b.sql', 'create table b (id int);')
  await apply()
  write('00001-a.sql', 'create table a (id int);')
  await expect(apply()).rejects.toThrow('Migration 00001-a.sql comes too late: the database already has 00002-b.sql')
  rmSync(join(folder, 'migrations/00001-a.sql'))
  write('00002-c.sql', 'create table c (id int);')
  await expect(apply()).rejects.toThrow('Two migrations have the number 2: 00002-b.sql and 00002-c.sql')
  rmSync(join(folder, 'migrations/00002-b.sql'))
  rmSync(join(folder, 'migrations/00002-c.sql'))
  await expect(apply()).rejects.toThrow('The database belongs to another project: its first migration is 00002-b.sql')
  write('b.sql', '')
  await expect(apply()).rejects.toThrow("Invalid migration name 'b.sql': it must begin with a number and a hyphen")
})

it('has nothing to do in a project without migrations', async () => {
  expect(await pendingMigrations(database.sql, join(folder, 'nowhere'))).toEqual([])
})
