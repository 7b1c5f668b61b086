import { useMemo, useState } from 'preact/hooks'
import type { DocsGroup, DocsWarehouse } from '../shape.ts'
import { Chart, type Series } from './chart.tsx'
import { count, dollars, plural } from './format.ts'
import { data } from './model.ts'
import { Empty, Figure, Figures, Section, Title } from './parts.tsx'

/** What the warehouse itself says: people, groups, spend. */
export function WarehousePage() {
  const { warehouse } = data
  const agents = warehouse?.agents?.at(-1)
  const spent = warehouse?.spend?.months.reduce((all, { amount }) => all + Number(amount), 0)
  return (
    <div class="page">
      <Title lead="Straight from the marts.">The warehouse</Title>
      {!warehouse && <Empty>The marts of this page are not there.</Empty>}
      <Figures>
        {agents && <Figure value={count(agents.active)} name={`agents active on ${agents.date}`} />}
        {agents && <Figure value={count(agents.known)} name="agents known" />}
        {warehouse?.groups && <Figure value={count(warehouse.groups.length)} name="groups" />}
        {spent !== undefined && <Figure value={dollars(spent)} name="spent" />}
      </Figures>
      {warehouse?.agents && <Agents days={warehouse.agents} />}
      {warehouse?.spend && <Spend spend={warehouse.spend} />}
      {warehouse?.groups && <Groups groups={warehouse.groups} />}
    </div>
  )
}

function Agents({ days }: { days: NonNullable<DocsWarehouse['agents']> }) {
  const { labels, series, moves } = useMemo(
    () => ({
      labels: days.map(({ date }) => date),
      series: [
        { name: 'active', color: '--accent', values: days.map(day => day.active) },
        { name: 'inactive', color: '--layer-source', values: days.map(day => day.inactive) },
      ] as Series[],
      moves: [
        { name: 'returned', color: '--accent', values: days.map(day => day.returned) },
        { name: 'newly inactive', color: '--bad', values: days.map(day => day.newlyInactive) },
      ] as Series[],
    }),
    [days],
  )
  return (
    <Section name="Agents by day">
      <div class="columns-2">
        <Chart name="Active and inactive" axis="Day" labels={labels} series={series} />
        <Chart name="Came and went" axis="Day" labels={labels} series={moves} />
      </div>
    </Section>
  )
}

const OTHERS = 'other budgets'

function Spend({ spend }: { spend: NonNullable<DocsWarehouse['spend']> }) {
  const { labels, series } = useMemo(() => {
    const months = [...new Set([...spend.months.map(({ month }) => month), ...spend.budgets.map(({ month }) => month)])].sort()
    const nameOf = (one: (typeof spend.budgets)[number]) => one.budget ?? (one.isOther ? OTHERS : 'no budget')
    const names = new Map<string, Map<string, number>>()
    const totals = new Map<string, number>()
    for (const one of spend.budgets) totals.set(nameOf(one), (totals.get(nameOf(one)) ?? 0) + Number(one.amount))
    const largest = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name)
    for (const one of spend.budgets) {
      const at = largest.indexOf(nameOf(one))
      const name = at < 5 ? nameOf(one) : OTHERS
      const values = names.get(name) ?? new Map<string, number>()
      values.set(one.month, (values.get(one.month) ?? 0) + Number(one.amount))
      names.set(name, values)
    }
    const colors = ['--accent', '--layer-e', '--layer-b', '--layer-f', '--layer-d']
    const rank = (name: string) => (name === OTHERS ? 99 : largest.indexOf(name))
    const ordered = [...names].sort((a, b) => rank(a[0]) - rank(b[0]))
    const made: Series[] = ordered.map(([name, values], at) => ({
      name,
      color: name === OTHERS ? '--layer-source' : colors[at % colors.length]!,
      values: months.map(month => Math.round((values.get(month) ?? 0) * 100) / 100),
    }))
    const sums = new Map(spend.months.map(({ month, amount }) => [month, Number(amount)]))
    return {
      labels: months.map(month => month.slice(0, 7)),
      series: made.length > 0 ? made : [{ name: 'spend', color: '--accent', values: months.map(month => sums.get(month) ?? 0) }],
    }
  }, [spend])
  return (
    <Section name="Spend by month" aside={<span class="muted small">USD, each spend counted once</span>}>
      <Chart name="By budget" axis="Month" labels={labels} series={series} format={dollars} height={280} />
    </Section>
  )
}

function Groups({ groups }: { groups: DocsGroup[] }) {
  const children = useMemo(
    () => Map.groupBy(groups, group => (groups.some(one => one.groupId === group.parentGroupId) ? group.parentGroupId : null)),
    [groups],
  )
  const most = Math.max(1, ...groups.map(({ treeMembers }) => treeMembers))
  return (
    <Section name="Groups" aside={<span class="muted small">People of a group and of all below it</span>}>
      <ul class="tree">
        {(children.get(null) ?? []).map(group => (
          <Group key={group.groupId} group={group} children={children} most={most} seen={[]} />
        ))}
      </ul>
    </Section>
  )
}

function Group({
  group,
  children,
  most,
  seen,
}: {
  group: DocsGroup
  children: Map<string | null, DocsGroup[]>
  most: number
  seen: string[]
}) {
  const below = seen.includes(group.groupId) ? [] : (children.get(group.groupId) ?? [])
  const [open, setOpen] = useState(seen.length < 2)
  return (
    <li>
      <div class="tree-line">
        {below.length > 0 ? (
          <button type="button" class="twist" aria-expanded={open} aria-label={`Groups below ${group.name}`} onClick={() => setOpen(!open)}>
            {open ? '▾' : '▸'}
          </button>
        ) : (
          <span class="twist" aria-hidden="true" />
        )}
        <span class={`tree-name ${group.isActive === false ? 'muted' : ''}`}>
          {group.name}
          {group.isActive === false && <span class="small"> (gone)</span>}
        </span>
        <span class="tree-bar" aria-hidden="true">
          <i class="all" style={{ width: `${(100 * group.treeMembers) / most}%` }} />
          <i class="active" style={{ width: `${(100 * group.treeActive) / most}%` }} />
        </span>
        <span class="tree-count small">
          {count(group.treeActive)} active <span class="muted">of {plural(group.treeMembers, 'person', 'people')}</span>
        </span>
      </div>
      {open && below.length > 0 && (
        <ul>
          {below.map(one => (
            <Group key={one.groupId} group={one} children={children} most={most} seen={[...seen, group.groupId]} />
          ))}
        </ul>
      )}
    </li>
  )
}
