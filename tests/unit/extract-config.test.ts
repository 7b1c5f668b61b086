import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readSources, sourceNames } from '../../loaders/extract/config.ts'
import { connectAll, userAgent } from '../../loaders/extract/connect.ts'
import type { ProjectErrors } from '../../run/base/errors.ts'
import { environment, secrets } from '../extract/site.ts'

const folder = mkdtempSync(join(tmpdir(), 'deskledger-sources-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shipped = (name: string) => readFileSync(new URL(`../../loaders/extract/${name}.yml`, import.meta.url), 'utf8')

/** The mistakes in a changed copy of a shipped file: `line:column message → hint`. */
function faultsOf(change: (text: string) => string, name = 'bill'): string[] {
  const before = shipped(name)
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(join(folder, `${name}.yml`), after)
  try {
    readSources([name], folder)
    return []
  } catch (error) {
    const { errors } = error as ProjectErrors
    return errors.map(({ place, message, hint }) => `${place!.line}:${place!.column} ${message}${hint ? ` → ${hint}` : ''}`)
  }
}

const lineOf = (text: string, name = 'bill') =>
  shipped(name)
    .split('\n')
    .findIndex(line => line.includes(text)) + 1

describe('the shipped sources', () => {
  it('are valid, and those that models read come by themselves', () => {
    expect(sourceNames()).toEqual(['bill', 'freshdesk', 'freshservice'])
    expect(readSources([]).map(({ source }) => source)).toEqual(['bill', 'freshdesk'])
    expect(readSources(['freshservice'])).toMatchObject([{ source: 'freshservice', modelled: false }])
  })

  it('ask for what the feed holds', () => {
    const entries = readSources([]).flatMap(({ entities }) => entities)
    expect(
      entries.map(({ entity, part, required, enabled }) => `${entity}.${part}${required ? '' : ' optional'}${enabled ? '' : ' off'}`),
    ).toEqual([
      'users.all',
      'budgets.all',
      'cards.all',
      'cards.deleted optional',
      'transactions.all',
      'transactions.children',
      'roles.all',
      'admin_groups.all',
      'agents.all',
      'agent_details.all',
      'agent_availability.all optional off',
    ])
  })

  it('go well below the quotas of the accounts', () => {
    expect(Object.fromEntries(readSources([]).map(({ source, calls_per_minute }) => [source, calls_per_minute]))).toEqual({
      bill: 50,
      freshdesk: 60,
    })
  })
})

describe('a mistake in a source', () => {
  it.each([
    [
      'an unknown key',
      'walk_again: true',
      'walk_agian: true',
      "Unknown key 'walk_agian' in entry 1 of entities → Known keys: entity, part, enabled",
    ],
    ['a wrong value', 'paginator: next-token', 'paginator: next', 'Invalid \'paginator\': "next" → Use link-page, next-token, none.'],
    ['a wrong type', 'calls_per_minute: 50', 'calls_per_minute: fifty', 'Invalid \'calls_per_minute\': "fifty", it must be a number'],
    ['a key that is left out', 'base: https', 'url: https', "Missing key 'base' in the source"],
    ['no limit', 'calls_per_minute: 50', 'calls_per_minute: 0', "Invalid 'calls_per_minute': 0, it must be more than 0"],
    ['a bad path', 'path: /users\n', 'path: /users?x=1\n', 'Invalid \'path\': "/users?x=1" does not match'],
    ['a path upwards', 'path: /users\n', 'path: /../users\n', 'Invalid \'path\': "/../users" does not match'],
    [
      'plain http',
      'base: https',
      'base: http',
      'Invalid \'base\': "http://gateway.{environment}.bill.com/connect/v3/spend" does not match',
    ],
    ['another source', 'source: bill', 'source: will', "Source 'will' in the file bill.yml → Give both the same name."],
    ['an unknown variable', '{environment}', '{env}', "Unknown variable {env} in 'base' → Add 'env' to 'variables'."],
    ['no header', ', header: apiToken', '', "Missing 'header' in 'secret' → Name the header, or use 'send: basic'."],
    [
      'card numbers',
      'path: /users\n',
      'path: /cards/pan-jwt\n',
      'Path /cards/pan-jwt returns card numbers → The extractor never requests them.',
    ],
    [
      'a list as a record',
      'path: /transactions/{id}',
      'path: /transactions',
      "Path /transactions has no {id} → {id} is replaced by each id of the 'parent'.",
    ],
    [
      'an unknown parent',
      '{ entity: transactions,',
      '{ entity: receipts,',
      'Parent receipts of transactions is not defined above it → Move its entry above this one.',
    ],
    ['one part twice', 'part: deleted', 'part: all', "Two entries fill the part 'all' of cards → Give the second one another 'part'."],
    [
      'a filter twice',
      "{ sort: 'occurredTime:asc' }",
      "{ filters: 'type:eq:CLEAR' }",
      "Parameter 'filters' is set by both 'query' and a window → Remove it from the query.",
    ],
  ])('is said with its place: %s', (_, from, to, said) => {
    const [fault] = faultsOf(text => text.replace(from, to))
    expect(fault).toContain(said)
    expect(Number(fault!.split(':')[0])).toBeGreaterThan(0)
  })

  it('is shown at its line and column, all of them at once', () => {
    const faults = faultsOf(text => text.replace('walk_again: true', 'walk_agian: true').replace('on_404: skip', 'on_404: pass'))
    expect(faults).toHaveLength(2)
    expect(faults[0]).toMatch(new RegExp(`^${lineOf('walk_again: true')}:5 Unknown key`))
    expect(faults[1]).toMatch(new RegExp(`^${lineOf('on_404: skip')}:13 Invalid 'on_404': "pass"`))
  })

  it('in the YAML itself is shown at its line', () => {
    const faults = faultsOf(text => text.replace('calls_per_minute: 50', 'calls_per_minute: 50: 3'))
    expect(faults[0]).toMatch(new RegExp(`^${lineOf('calls_per_minute')}:\\d+ Invalid YAML: `))
    expect(faultsOf(text => `${text}source: again\n`)[0]).toContain('Invalid YAML: Map keys must be unique')
  })

  it.each([
    [
      'page_size: { parameter: max, value: 100 }\n    records_at: results\n    id_field: uuid\n    walk_again: true\n    needs',
      'records_at: results\n    id_field: uuid\n    walk_again: true\n    needs',
      "Missing 'page_size' of the list users",
    ],
    [
      '    part: children # of splits: lists show their parents only\n',
      '    part: all\n',
      "Two entries fill the part 'all' of transactions",
    ],
    [
      '    paginator: none\n    parent: { entity: transactions',
      '    paginator: next-token\n    parent: { entity: transactions',
      "Paginator 'next-token' cannot be combined with 'parent'",
    ],
  ])('in an entry is said', (from, to, said) => {
    expect(faultsOf(text => text.replace(from, to)).join('\n')).toContain(said)
  })

  it('two sources that fill one folder are refused', () => {
    for (const name of ['freshdesk', 'bill']) writeFileSync(join(folder, `${name}.yml`), shipped(name))
    writeFileSync(join(folder, 'bill.yml'), shipped('bill').replace('entity: users', 'entity: agents'))
    expect(() => readSources(['freshdesk', 'bill'], folder)).toThrow('Sources freshdesk and bill both fill the folder agents')
  })

  it('an unknown source is named with those that there are', () => {
    expect(() => readSources(['freshdesc'])).toThrow("Unknown source 'freshdesc'")
  })
})

describe('settings', () => {
  const [bill, freshdesk] = readSources([]) as [never, never]
  const connect = (env: Record<string, string>, testHosts?: Record<string, string>) => connectAll([freshdesk, bill], env, testHosts)
  const said = (env: Record<string, string>) => {
    try {
      connect(env)
      return ''
    } catch (error) {
      return (error as ProjectErrors).errors.map(({ message, hint }) => `${message} → ${hint}`).join('\n')
    }
  }

  it('make exactly the hosts of the two APIs', () => {
    expect(connect(environment).map(({ base }) => base.href)).toEqual([
      'https://acme.freshdesk.com/api/v2',
      'https://gateway.prod.bill.com/connect/v3/spend',
    ])
    expect(connect({ ...environment, BILL_ENVIRONMENT: 'stage' })[1]!.base.host).toBe('gateway.stage.bill.com')
  })

  it('that are missing are named all at once', () => {
    expect(said({})).toContain('FRESHDESK_SUBDOMAIN is not set ({subdomain} in https://{subdomain}.freshdesk.com/api/v2)')
    expect(said({})).toContain(
      'FRESHDESK_API_KEY is not set (the secret of freshdesk) → Set FRESHDESK_API_KEY, or set FRESHDESK_API_KEY_FILE',
    )
    expect(said({})).toContain('BILL_API_TOKEN is not set')
  })

  it.each([
    'evil.example/',
    'evil.example#',
    'acme@evil.example',
    'a.b',
    'ACME',
    '-acme',
    'acme-',
    'acme:8443',
    '',
    'a b',
    'x'.repeat(64),
    '%61',
    'аcme',
  ])('that name another host are refused: %j', name => {
    expect(said({ ...environment, FRESHDESK_SUBDOMAIN: name })).toContain('FRESHDESK_SUBDOMAIN')
  })

  it.each(['production', 'evil.example', 'prod.evil'])('that name another environment are refused: %s', name => {
    expect(said({ ...environment, BILL_ENVIRONMENT: name })).toBe(`Invalid BILL_ENVIRONMENT '${name}' → Expected prod or stage.`)
  })

  it.each(['short', 'a key with blanks', 'line\nX-Other: header', 'ключ-ключ', 'x'.repeat(513)])(
    'that hold no key are refused, and not shown: %j',
    key => {
      const text = said({ ...environment, FRESHDESK_API_KEY: key })
      expect(text).toContain(`Invalid key in FRESHDESK_API_KEY: ${key.length} characters`)
      expect(text).not.toContain(key)
    },
  )

  it('may come from a file that only its owner reads', () => {
    const file = join(folder, 'key')
    writeFileSync(file, `${secrets.freshdesk}\n`, { mode: 0o600 })
    const { FRESHDESK_API_KEY: _, ...rest } = environment
    const [connection] = connect({ ...rest, FRESHDESK_API_KEY_FILE: file })
    expect(connection!.headers).toEqual({ Authorization: `Basic ${Buffer.from(`${secrets.freshdesk}:X`).toString('base64')}` })
    expect(said({ ...environment, FRESHDESK_API_KEY_FILE: file })).toContain('FRESHDESK_API_KEY and FRESHDESK_API_KEY_FILE are both set')
    expect(said({ ...rest, FRESHDESK_API_KEY_FILE: `${file}.no` })).toContain(`FRESHDESK_API_KEY_FILE: cannot read ${file}.no (ENOENT)`)
    if (process.platform === 'win32') return
    chmodSync(file, 0o640)
    expect(said({ ...rest, FRESHDESK_API_KEY_FILE: file })).toContain(
      `FRESHDESK_API_KEY_FILE: others can read ${file} (mode 640) → Run chmod 600`,
    )
  })

  it('are not used where secrets would not be safe', () => {
    const unsafe = { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    expect(() => connect(unsafe)).toThrow('NODE_TLS_REJECT_UNAUTHORIZED=0')
    expect(connect(unsafe, { freshdesk: 'http://127.0.0.1:4001', bill: 'http://[::1]:4002' })).toHaveLength(2)
  })

  it('never mix test hosts with real ones', () => {
    expect(connect(environment, { freshdesk: 'http://127.0.0.1:4001', bill: 'http://[::1]:4002' }).map(({ base }) => base.href)).toEqual([
      'http://127.0.0.1:4001/api/v2',
      'http://[::1]:4002/connect/v3/spend',
    ])
    expect(() => connect(environment, { freshdesk: 'http://127.0.0.1:4001' })).toThrow('A test host must be')
    for (const host of [
      'http://localhost:4001',
      'http://127.0.0.1.evil.example:80',
      'https://127.0.0.1:1',
      'http://10.0.0.1:80',
      'http://127.0.0.1:80@evil.example',
    ])
      expect(() => connect(environment, { freshdesk: host, bill: host })).toThrow('A test host must be')
  })

  it('name the extractor to the servers', () => {
    expect(userAgent({})).toMatch(/^deskledger\/\d+\.\d+\.\d+$/)
    expect(userAgent({ EXTRACT_CONTACT: 'data@example.test\r\nX: y' })).toMatch(/^deskledger\/[\d.]+ \(\+data@example\.testX: y\)$/)
  })
})
