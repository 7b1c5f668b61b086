import type { Row, Spend } from './data.ts'
import { bdc, type Reply, reply } from './faults.ts'
import { type Call, type FakeOptions, type FakeServer, startFake } from './server.ts'

/** A fake BILL API over `spend`, which may change at any time. */
export interface FakeBill extends FakeServer {
  spend: Spend
  /** Whether it offers deleted cards: `no` refuses the filter, `ignored` ignores it and lists all. */
  deleted: 'yes' | 'no' | 'ignored'
  /** Faults in the tokens of the next pages. */
  tokens: ('repeated' | 'loop' | 'empty page' | 'empty loop')[]
}

export async function startBill(spend: Spend, options: Omit<FakeOptions, 'answer' | 'base'>): Promise<FakeBill> {
  const fake: FakeBill = Object.assign(await startFake({ ...options, base: '/connect/v3/spend', answer }), {
    spend,
    deleted: 'yes' as const,
    tokens: [],
  })
  return fake

  function answer(call: Call): Reply {
    if (call.headers.apitoken !== options.secret) return bdc(401, 'BDC_1109')
    if (call.method !== 'GET') return bdc(405, 'BDC_1121')
    const [, list, id] = /^\/([a-z]+)(?:\/([^/]+))?$/.exec(call.path) ?? []
    const { users, budgets, cards, transactions, children } = fake.spend
    if (list === 'users' && id === 'current') return one(users.find(({ fields }) => fields.role === 'ADMIN'))
    if (list === 'transactions' && id) return one(children.get(id) ?? transactions.find(row => row.id === id))
    if (id) return bdc(404, 'BDC_1121')
    if (list === 'users') return page(users, call, 100, { nextPage: null })
    if (list === 'budgets') return page(budgets, call, 100, {})
    if (list === 'cards') return page(shownCards(cards, call), call, 100, { nextPage: '' })
    if (list === 'transactions') return page(transactions, call, 50, { nextPage: null })
    return bdc(404, 'BDC_1121')
  }

  function shownCards(cards: Row[], { query }: Call): Row[] {
    const asksDeleted = query.get('filters')?.includes('status:eq:DELETED') ?? false
    return cards.filter(({ fields }) => (fields.status === 'DELETED') === (asksDeleted && fake.deleted === 'yes'))
  }

  function page(all: Row[], { path, query }: Call, most: number, end: object): Reply {
    const max = Number(query.get('max') ?? 20)
    if (!Number.isInteger(max) || max < 1 || max > most) return bdc(400, 'BDC_1170')
    const filters = query.get('filters') ?? ''
    if (path === '/cards' && filters && fake.deleted === 'no') return bdc(400, 'BDC_1171')
    const bound = JSON.stringify([path, max, filters, query.get('sort')])
    const token = query.get('nextPage')
    const from = token === null ? 0 : offsetIn(token, bound)
    if (from === undefined) return bdc(400, 'BDC_1172')

    const rows = path === '/cards' ? all : all.filter(({ fields }) => passes(fields, filters))
    const shown = rows.slice(from, from + max)
    const next = from + max < rows.length ? { nextPage: tokenOf(from + max, bound) } : end
    const trick = from > 0 && from + max < rows.length ? fake.tokens.shift() : undefined
    if (trick === 'empty page') return list([], { nextPage: tokenOf(from, bound, 'again') })
    if (trick === 'empty loop') return list([], { nextPage: token })
    if (trick === 'repeated') return list(shown, { nextPage: token ?? tokenOf(0, bound) })
    if (trick === 'loop') return list(shown, { nextPage: tokenOf(from - max, bound) })
    return list(shown, { ...next, prevPage: token ?? null })
  }
}

// Opaque, with characters that must be encoded, and valid only with the same other parameters.
function tokenOf(offset: number, bound: string, salt = ''): string {
  return Buffer.concat([Buffer.from([0xfb, 0xef, 0xff]), Buffer.from(JSON.stringify({ offset, bound, salt }))]).toString('base64')
}

function offsetIn(token: string, bound: string): number | undefined {
  try {
    const found = JSON.parse(Buffer.from(token, 'base64').subarray(3).toString('utf8')) as { offset: number; bound: string }
    return found.bound === bound ? found.offset : undefined
  } catch {
    return undefined
  }
}

// `field:op:value,…` with values in quotes if they contain commas or colons. Unknown fields are ignored.
function passes(fields: Row['fields'], filters: string): boolean {
  return [...filters.matchAll(/(\w+):(\w+):(?:"([^"]*)"|([^,]*))/g)].every(([, field, op, quoted, plain]) => {
    const due = (quoted ?? plain)!
    const value = fields[field!]
    if (value === undefined) return true
    const [left, right] = /Time$/.test(field!) ? [Date.parse(String(value)), Date.parse(due)] : [String(value), due]
    if (op === 'in') return due.split(',').includes(String(value))
    return op === 'gte' ? left >= right : op === 'lte' ? left <= right : op === 'ne' ? left !== right : left === right
  })
}

function list(rows: Row[], more: object): Reply {
  const rest = JSON.stringify(more).slice(1)
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(`{"results":[${rows.map(({ json }) => json).join(',')}]${rest === '}' ? '' : ','}${rest}`),
  }
}

function one(row: Row | undefined): Reply {
  return row ? { ...reply(200, {}), body: Buffer.from(row.json) } : bdc(404, 'BDC_1121')
}
