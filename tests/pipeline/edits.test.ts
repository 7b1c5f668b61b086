import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holds, PROPERTY_TIMEOUT } from './property.ts'
import { deliveries, feedSeeds, feeds } from './rules/feeds.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { expectedWarehouse } from './rules/warehouse.ts'
import { projectWith, rowsTouched, type Warehouse } from './warehouse.ts'

/** A reversible edit: a text in a file, and its replacement. */
interface Edit {
  file: string
  from: string
  to: string
}

const edits: Edit[] = [
  // A comment.
  { file: 'models/core/agents.sql', from: 'select', to: '-- what core knows\nselect' },
  // A rule about records of an entity, one that no record meets, and one in the declaration.
  { file: 'models/staging/base/base_transactions.sql', from: 'select', to: 'select ' },
  { file: 'loaders/entities/cards.yml', from: 'type: numeric, minimum: 0', to: 'type: numeric, minimum: 5' },
  { file: 'loaders/entities/agents.yml', from: 'type: text, ', to: 'type: text,  ' },
  // Variables.
  { file: 'dbt_project.yml', from: 'min_snapshot_ratio: 0.5', to: 'min_snapshot_ratio: 0.9' },
  { file: 'dbt_project.yml', from: 'first_sync_date: 2026-01-05', to: 'first_sync_date: 2026-01-04' },
  // Models merged into migrated tables, their aggregates, and a macro that hooks call.
  {
    file: 'models/core/roles.sql',
    from: '    current_roles.description,',
    to: "    coalesce(current_roles.description, 'none') as description,",
  },
  { file: 'macros/spend.sql', from: "('settled', 'pending', 'other')", to: "('settled', 'pending', 'other', 'matched')" },
  { file: 'models/marts/spend_by_merchant.sql', from: 'sum(amount_usd)', to: '-sum(amount_usd)' },
  { file: 'models/staging/current/current_budgets.sql', from: "'budgets', more", to: "'budgets' , more" },
  // Seeds.
  { file: 'seeds/exchange_rates.csv', from: ',1.25', to: ',1.5' },
  { file: 'seeds/user_agent_overrides.csv', from: 'user_id,agent_id', to: 'user_id,agent_id\nu1,101' },
]

/** Relations that somebody drops. */
const dropped = [
  'staging.current_cards',
  'staging.stg_agents',
  'staging.base_roles',
  'staging.repeated_records',
  'marts.spend_by_merchant_month',
]

/** A step before a build: edits that are made or reverted, a dropped relation, or the build of a part. */
const steps = fc.infiniteStream(
  fc.record({
    toggled: fc.subarray([...edits.keys()], { maxLength: 2 }),
    gone: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...dropped) }),
    acceptShrink: fc.nat(5).map(n => n === 0),
    select: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ['+agents'],
          ['current_cards'],
          ['base_transactions'],
          ['transactions+'],
          ['snapshots'],
          ['models/staging'],
        ),
      },
    ),
  }),
)

describe('a project that is edited back and forth', () => {
  it(
    'between batches in any order is what a full refresh makes, and what the rules say once all is taken back',
    async () => {
      let [tried, published, reused] = [0, 0, 0]
      const property = fc.asyncProperty(
        feeds().chain(feed => fc.tuple(fc.constant(feed), deliveries(feed), steps)),
        async ([feed, loads, stream]) => {
          const project = await projectWith(feedSeeds)
          const warehouse = await project.warehouse()
          const made = new Set<Edit>()
          try {
            let shrinks = false
            for (const delivered of loads) {
              const { toggled, gone, ...options } = stream.next().value
              shrinks ||= options.acceptShrink
              await warehouse.deliver(delivered)
              await toggle(
                project.dir,
                made,
                toggled.map((at: number) => edits[at] as Edit),
              )
              if (gone)
                await warehouse.sql.unsafe(
                  `do $$ begin execute (select format('drop %s %s cascade', case relkind when 'v' then 'view' else 'table' end, oid::regclass) from pg_class where oid = to_regclass('${gone}')); exception when null_value_not_allowed then null; end $$`,
                )
              tried += 1
              await warehouse.build(options).then(
                ({ results }) => {
                  published += 1
                  reused += results.filter(({ isReused }) => isReused).length
                },
                () => {},
              )
            }
            expect(await isWhole(warehouse)).toEqual([])
            await toggle(project.dir, made, [...made])
            expect(await isWhole(warehouse), 'all edits taken back').toEqual([])
            const { results } = await warehouse.build()
            reused += results.filter(({ isReused }) => isReused).length
            if (!shrinks) expect(compare(expectedWarehouse(feed, feedSeeds), await snapshot(warehouse.sql))).toEqual([])
          } finally {
            await warehouse.drop()
            await project.remove()
          }
        },
      )
      await holds(property, { feedsOf: ([[, delivered]]) => delivered })
      // In a few builds all may have failing edits.
      if (tried > 4) expect(published, `of ${tried} builds in between`).toBeGreaterThan(0)
      expect(reused).toBeGreaterThan(0)
    },
    PROPERTY_TIMEOUT,
  )
})

/** The relations that a full refresh changes after a build. */
async function isWhole(warehouse: Warehouse): Promise<string[]> {
  await warehouse.build()
  const { results } = await warehouse.build({ fullRefresh: true })
  return results.filter(result => rowsTouched({ results: [result] }) > 0).map(({ node, message }) => `${node.name} ${message}`)
}

async function toggle(dir: string, made: Set<Edit>, toggled: Edit[]): Promise<void> {
  for (const edit of toggled) {
    const file = join(dir, edit.file)
    const text = await readFile(file, 'utf8')
    const [before, after] = made.has(edit) ? [edit.to, edit.from] : [edit.from, edit.to]
    expect(text, edit.file).toContain(before)
    await writeFile(
      file,
      text.replace(before, () => after),
    )
    if (!made.delete(edit)) made.add(edit)
  }
}
