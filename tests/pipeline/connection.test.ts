import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { debugCommand } from '../../run/commands/project.ts'
import { showCommand } from '../../run/commands/query.ts'
import { addressOfUrl } from '../../run/database/address.ts'
import { checkServer, connect } from '../../run/database/connection.ts'
import { withLock } from '../../run/database/lock.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { hasPgBouncer, startPgBouncer } from './peers/pgbouncer.ts'
import { makeCertificates, startTls, type TlsServer } from './peers/tls.ts'

const has = (program: string, word = '--version') => spawnSync(program, [word]).status === 0
let database: FreshDatabase
let folder: string
beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  folder = mkdtempSync(join(tmpdir(), 'deskledger-connection-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

/** The properties of a connection, or its error. */
async function ours(url: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    const address = addressOfUrl(url, { env })
    const sql = connect(address)
    try {
      await checkServer(sql, address)
      const [row] = await sql.unsafe<{ said: string }[]>(SAID)
      return row?.said ?? ''
    } finally {
      await sql.end({ timeout: 1 })
    }
  } catch {
    return 'refused'
  }
}

function psqls(url: string, env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout } = spawnSync('psql', [url, '-XAtc', SAID], { encoding: 'utf8', env: { PATH: process.env.PATH, ...env } })
  return status === 0 ? stdout.trim() : 'refused'
}

const SAID = `select concat_ws(' ', current_database(), current_user, current_setting('work_mem'), inet_server_port() is null) as said`

describe.skipIf(!has('psql'))('leads where psql is led', () => {
  type Form = [name: string, url: string, env?: NodeJS.ProcessEnv]
  let forms: Form[]
  let odd: string
  beforeAll(async () => {
    const { hostname, port: given, username, password, pathname } = new URL(database.url)
    const [name, user, port] = [pathname.slice(1), username, given || '5432']
    const secret = password ? `:${password}` : ''
    odd = `${name} a/b%c`
    await database.sql.unsafe(`create database "${odd}"`)
    const pass = join(folder, 'pass')
    writeFileSync(pass, `${hostname}:${port}:*:${user}:${password || 'none'}\n`, { mode: 0o600 })
    const services = join(folder, 'services')
    writeFileSync(services, `[here]\nhost=${hostname}\nport=${port}\nuser=${user}\ndbname=${name}\n`)
    const PGPASSWORD = decodeURIComponent(password)
    const [row] = await database.sql<{ folder: string }[]>`select split_part(current_setting('unix_socket_directories'), ',', 1) as folder`
    const sockets = row?.folder && existsSync(join(row.folder, `.s.PGSQL.${port}`)) ? row.folder : undefined
    forms = [
      ['all parts', `postgres://${user}${secret}@${hostname}:${port}/${name}`],
      ['the other scheme', `postgresql://${user}${secret}@${hostname}:${port}/${name}`],
      ['all in parameters', `postgres://?host=${hostname}&port=${port}&user=${user}&dbname=${name}&password=${password}`],
      ['a name that is percent-encoded', `postgres://${user}${secret}@${hostname}:${port}/${encodeURIComponent(odd)}`],
      ['variables', 'postgres://', { PGHOST: hostname, PGPORT: port, PGUSER: user, PGDATABASE: name, PGPASSWORD }],
      [
        'a URL before variables',
        `postgres://${user}${secret}@${hostname}:${port}/${name}`,
        { PGHOST: '127.0.0.9', PGPORT: '1', PGDATABASE: 'no' },
      ],
      ['the passfile', `postgres://${user}@${hostname}:${port}/${name}`, { PGPASSFILE: pass }],
      ['a service', 'postgres://?service=here', { PGSERVICEFILE: services, PGPASSWORD }],
      [
        'a service of the environment',
        `postgres:///${encodeURIComponent(odd)}`,
        { PGSERVICEFILE: services, PGSERVICE: 'here', PGPASSWORD },
      ],
      ['a service that is not there', 'postgres://?service=nowhere', { PGSERVICEFILE: services, PGPASSWORD }],
      ['options', `postgres://${user}${secret}@${hostname}:${port}/${name}?options=-c%20work_mem%3D9MB`],
      ['options of the environment', `postgres://${user}${secret}@${hostname}:${port}/${name}`, { PGOPTIONS: '-c work_mem=7MB' }],
      ['sslmode=disable', `postgres://${user}${secret}@${hostname}:${port}/${name}?sslmode=disable`],
      ['sslmode=allow', `postgres://${user}${secret}@${hostname}:${port}/${name}?sslmode=allow`],
      ['sslmode=prefer', `postgres://${user}${secret}@${hostname}:${port}/${name}?sslmode=prefer`],
      ['sslmode=nonsense', `postgres://${user}${secret}@${hostname}:${port}/${name}?sslmode=nonsense`],
      [
        'an address beside the name',
        `postgres://${user}${secret}@nowhere.example.test:${port}/${name}?hostaddr=${hostname === 'localhost' ? '127.0.0.1' : hostname}`,
      ],
      ['read-write', `postgres://${user}${secret}@${hostname}:${port}/${name}?target_session_attrs=read-write`],
      ['read-only', `postgres://${user}${secret}@${hostname}:${port}/${name}?target_session_attrs=read-only`],
      ['a standby', `postgres://${user}${secret}@${hostname}:${port}/${name}?target_session_attrs=standby`],
      ['another port', `postgres://${user}${secret}@${hostname}:1/${name}`],
      ['a port that is none', `postgres://${user}${secret}@${hostname}:99999/${name}`],
      ['a database that is not there', `postgres://${user}${secret}@${hostname}:${port}/nowhere`],
      ['a broken escape', `postgres://${user}${secret}@${hostname}:${port}/%zz`],
      ...(sockets
        ? ([
            ['a socket in the host', `postgres://${user}@${encodeURIComponent(sockets)}:${port}/${name}`],
            ['a socket in a parameter', `postgres://${user}@/${name}?host=${sockets}&port=${port}`],
            ['a socket of the environment', `postgres://${user}@/${name}`, { PGHOST: sockets, PGPORT: port }],
            ['no host at all', `postgres://${user}@:${port}/${name}`],
          ] satisfies Form[])
        : []),
    ]
  })

  afterAll(() => database.sql.unsafe(`drop database if exists "${odd}" with (force)`))

  it('by each form of address', async () => {
    const told = await Promise.all(forms.map(async ([form, url, env]) => [form, await ours(url, env)]))
    expect(told).toEqual(forms.map(([form, url, env]) => [form, psqls(url, env)]))
    expect(told.filter(([, said]) => said !== 'refused').length).toBeGreaterThan(14)
  })
})

describe.skipIf(!has('openssl', 'version'))('TLS', () => {
  const servers: TlsServer[] = []
  const behind = () => Number(new URL(database.url).port || 5432)
  const start = async (mode: 'yes' | 'no' | 'broken' = 'yes') => {
    const server = await startTls(folder, behind(), mode)
    servers.push(server)
    return server
  }
  const said = async (server: TlsServer, query: string, host = 'localhost') => {
    const url = new URL(database.url)
    url.host = `${host}:${server.port}`
    const address = addressOfUrl(`${url.href}?hostaddr=127.0.0.1&${query}`, { env: {} })
    const sql = connect(address)
    try {
      await checkServer(sql, address)
      return server.encrypted() > 0 ? 'encrypted' : 'plain'
    } catch (error) {
      return (error as Error).message
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  beforeAll(() => makeCertificates(folder))
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })

  it.each([
    ['sslmode=prefer', 'encrypted'],
    ['sslmode=allow', 'plain'],
    ['sslmode=disable', 'plain'],
    ['sslmode=require', 'encrypted'],
    ['sslmode=require&sslrootcert=FOLDER/root.crt', 'encrypted'],
    ['sslmode=require&sslrootcert=FOLDER/other.crt', 'TLS failed'],
    ['sslmode=verify-ca&sslrootcert=FOLDER/root.crt', 'encrypted'],
    ['sslmode=verify-ca&sslrootcert=FOLDER/other.crt', 'TLS failed'],
    ['sslmode=verify-full&sslrootcert=FOLDER/root.crt', 'encrypted'],
    ['sslrootcert=system', 'TLS failed'],
  ])('of a server with an authority of its own, %s', async (query, expected) => {
    expect(await said(await start(), query.replace('FOLDER', folder))).toContain(expected)
  })

  it('verify-full asks for the name, verify-ca does not', async () => {
    const root = `sslrootcert=${join(folder, 'root.crt')}`
    expect(await said(await start(), `sslmode=verify-full&${root}`, 'db.example.test')).toMatch(/TLS failed: .*db\.example\.test/)
    expect(await said(await start(), `sslmode=verify-ca&${root}`, 'db.example.test')).toBe('encrypted')
  })

  it('that the server has not is said at once, and to whom', async () => {
    const server = await start('no')
    expect(await said(server, 'sslmode=prefer')).toBe('plain')
    expect(await said(server, 'sslmode=require')).toMatch(
      /localhost:\d+\/\w+ \(DATABASE_URL\): the server has no TLS, and sslmode is require/,
    )
    expect(await said(await start('broken'), 'sslmode=prefer')).toBe('plain')
  })

  it('carries all that a plain connection does: large values, COPY, sessions', async () => {
    const server = await start()
    const url = new URL(database.url)
    url.host = `127.0.0.1:${server.port}`
    const sql = connect(`${url.href}?sslmode=require`)
    const session = await sql.reserve()
    try {
      const text = 'x'.repeat(3_000_000)
      expect([...(await session`select length(${text}) as length, repeat('y', 3000000) as back`)]).toEqual([
        { length: 3_000_000, back: 'y'.repeat(3_000_000) },
      ])
    } finally {
      session.release()
      await sql.end()
    }
  })
})

describe.skipIf(!hasPgBouncer)('PgBouncer', () => {
  it('in session mode is as good as the server', async () => {
    const pooler = await startPgBouncer(database.url, 'session')
    const sql = connect(pooler.url)
    try {
      await checkServer(sql, pooler.url)
      const [row] = await withLock(
        sql,
        { wait: false },
        async session => session<{ style: string }[]>`select current_setting('IntervalStyle') as style`,
      )
      expect(row).toEqual({ style: 'postgres' })
    } finally {
      await sql.end({ timeout: 1 })
      await pooler.close()
    }
  })

  it.each(['transaction', 'statement'] as const)('in %s mode is refused before anything is done', async mode => {
    const pooler = await startPgBouncer(database.url, mode)
    const sql = connect(pooler.url)
    try {
      await expect(checkServer(sql, pooler.url)).rejects.toThrow(/is behind a pooler in transaction mode/)
    } finally {
      await sql.end({ timeout: 1 })
      await pooler.close()
    }
  })
})

describe('a server that cannot be built on says so before anything is done', () => {
  const run = (url: string, name: 'build' | 'show' | 'debug', options: object = {}) => {
    const given = { url, dir: projectDir, name, options: { data: join(folder, 'feed'), targetPath: join(folder, 'target'), ...options } }
    if (name === 'debug') return perform(debugCommand, given)
    if (name === 'show') return perform(showCommand, given)
    return perform(command => buildCommand(command, { types: ['model', 'seed', 'test'], loads: true }), given)
  }
  const nameOf = async (one: FreshDatabase) => (await one.sql<{ name: string }[]>`select current_database() as name`)[0]?.name ?? ''
  const relations = async (one: FreshDatabase) => (await one.sql`select from pg_class where relnamespace = 'public'::regnamespace`).length

  beforeAll(() => {
    mkdirSync(join(folder, 'feed/sync-2026-01-05/agents'), { recursive: true })
    writeFileSync(join(folder, 'feed/sync-2026-01-05/agents/1.json'), '[{"id":1,"contact":{"name":"Ana Novak"},"ticket_scope":1}]')
  })

  it('one of another encoding', async () => {
    const name = `${await nameOf(database)}_latin1`
    await database.sql.unsafe(`create database ${name} encoding 'LATIN1' locale_provider libc locale 'C' template template0`)
    const url = new URL(database.url)
    url.pathname = `/${name}`
    const { code, stderr } = await run(url.href, 'build')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/has the encoding LATIN1: the feed is UTF-8\n {2}→ .*encoding 'UTF8'/)])
    await database.sql.unsafe(`drop database ${name}`)
  })

  it('one that is read-only; to look is still allowed', async () => {
    const own = await freshDatabase({ migrate: false })
    try {
      await own.sql.unsafe(`alter database ${await nameOf(own)} set default_transaction_read_only = on`)
      const { code, stderr } = await run(own.url, 'build')
      expect([code, stderr]).toEqual([2, expect.stringContaining('is read-only: nothing can be written there')])
      expect(await run(own.url, 'show', { inline: 'select 1 as one', output: 'json' })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('"one": 1'),
      })
      expect(await run(own.url, 'debug')).toMatchObject({
        code: 2,
        stdout: expect.stringContaining('problem: The server, or its setting for this user, is read-only'),
      })
      // Not a fault for the connection alone.
      expect(await run(own.url, 'debug', { connection: true })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('connection: OK'),
      })
      expect(await relations(own)).toBe(0)
    } finally {
      await own.drop()
    }
  })

  it('one on which the user may do too little: debug shows what to grant, and that is enough', async () => {
    const own = await freshDatabase({ migrate: false })
    const name = await nameOf(own)
    const role = `${name}_builder`
    try {
      await own.sql.unsafe(`create role ${role}; grant ${role} to current_user`)
      for (const statement of [`revoke all on database ${name} from public`, 'revoke all on schema public from public'])
        await own.sql.unsafe(statement)
      const url = `${own.url}?options=-c%20role%3D${role}`
      const failed = await run(url, 'build')
      expect([failed.code, failed.stderr]).toEqual([2, expect.stringContaining('`npx tsx run.ts debug` shows what to grant')])
      const { code, stdout } = await run(url, 'debug')
      expect(code).toBe(2)
      const grants = [...stdout.matchAll(/owner: (grant .*;)/g)].map(([, grant]) => grant as string)
      expect(grants).toHaveLength(3)
      for (const grant of grants) await own.sql.unsafe(grant)
      expect(await run(url, 'debug')).toMatchObject({ code: 0, stdout: expect.stringContaining('privileges: all that a build needs') })
      const built = await run(url, 'build')
      expect(built.code, built.stderr).toBe(0)
      // For another user's tables it names the owner.
      await own.sql.unsafe(`create role ${role}_other; alter table core.agents owner to ${role}_other`)
      expect((await run(url, 'debug')).stdout).toContain(`${role}_other owns core.agents: ${role} cannot replace it`)
      await own.sql.unsafe(`alter table core.agents owner to ${role}; drop role ${role}_other`)
    } finally {
      await own.sql.unsafe(`drop owned by ${role} cascade`).catch(() => {})
      await own.sql.unsafe(`drop role if exists ${role}`).catch(() => {})
      await own.drop()
    }
  })
})
