import { expect, it } from 'vitest'
import { manifestOf } from '../../run/artifacts/manifest.ts'
import { maskRecord } from '../../run/docs/personal.ts'
import { definitions } from '../../run/graph/definition.ts'
import { selectNodes } from '../../run/graph/select.ts'
import { figuresOf, type ReportNode } from '../../run/manifest/node.ts'
import { columnMistakes } from '../../run/reports/columns.ts'
import { mistakesOf, projectOf, toldOf } from './fixture.ts'

const BASE = { 'models/orders.sql': 'select 1 as day, 2 as usd', 'models/customers.sql': 'select 1 as id' }
const FILE = 'models/reports/sales.md'

/** A report whose only fence begins with these attributes. */
function report(attributes: string, { front = 'report: Sales', sql = "select * from {{ ref('orders') }}" } = {}): Record<string, string> {
  return { ...BASE, [FILE]: `---\n${front}\n---\n\n\`\`\`sql ${attributes}\n${sql}\n\`\`\`\n` }
}

async function reportOf(files: Record<string, string>): Promise<ReportNode> {
  const [found] = (await projectOf(files)).reports.values()
  return found!
}

it('reads prose and figures in the order of the file', async () => {
  const text = [
    '---',
    '# What the head of sales looks at.',
    'report: Sales',
    'description: What was sold.',
    'tags: [weekly]',
    'on_error: fail',
    'columns:',
    '  usd: { label: Sold, format: money, unit: USD }',
    '---',
    'First.',
    '',
    '```sql name=by_day show=line x=day y=usd title=\'Sold by day\' empty="Nothing was sold."',
    "select day, usd from {{ ref('orders') }}",
    '```',
    '',
    '```text',
    '```sql name=shown_as_it_is',
    '```',
    'Last.',
    '~~~SQL name=all_days show=bar x=day y="usd, usd"',
    "select * from {{ ref('orders') }}",
    '```',
    '~~~',
  ].join('\r\n')
  const node = await reportOf({ ...BASE, [FILE]: text })
  expect(node).toMatchObject({
    uniqueId: 'report.desk.sales',
    name: 'sales',
    title: 'Sales',
    description: 'What was sold.',
    tags: ['weekly'],
    onError: 'fail',
    dependsOn: ['model.desk.orders'],
    fqn: ['desk', 'reports', 'sales'],
  })
  expect([...node.words]).toMatchObject([['usd', { label: 'Sold', format: 'money', unit: 'USD' }]])
  expect(node.blocks.map(block => (block.kind === 'prose' ? block.text : block.name))).toEqual([
    'First.',
    'by_day',
    '```text\n```sql name=shown_as_it_is\n```\nLast.',
    'all_days',
  ])
  const [byDay, allDays] = figuresOf(node)
  expect(byDay).toMatchObject({ display: 'line', x: 'day', y: ['usd'], series: null, title: 'Sold by day', empty: 'Nothing was sold.' })
  expect(byDay!.place).toEqual({ file: FILE, line: 13, column: 1 })
  expect(allDays).toMatchObject({ display: 'bar', y: ['usd', 'usd'], title: 'All days', sql: "select * from {{ ref('orders') }}\n```" })
})

it('takes a table where nothing else is said', async () => {
  const [figure] = figuresOf(await reportOf(report('name=all_orders')))
  expect(figure).toMatchObject({ display: 'table', title: 'All orders', empty: 'There is nothing to show.' })
})

it.each([
  ['name=a shwo=bar', "5:15: Unknown attribute 'shwo' of a figure → Did you mean 'show'?"],
  ['name=a show=lines x=day y=usd', "5:20: A figure cannot be shown as 'lines' → Did you mean 'line'?"],
  ['name=a show=pie', "5:20: A figure cannot be shown as 'pie' → Expected one of table, value, bar, line, area, tree."],
  ['name=a type=bar', "5:15: Unknown attribute 'type' of a figure → Write show=…."],
  ['name=a unit=USD', "5:15: Unknown attribute 'unit' of a figure → Set it under columns: in the front matter."],
  ['name=a show=bar x=day', '5:20: A figure with show=bar needs y → Add y=…: columns of the query.'],
  ['name=a show=tree x=day', '5:20: A figure with show=tree needs id and parent → Add id=… parent=…: columns of the query.'],
  ['name=a x=day', '5:15: A figure with show=table has no x → Remove it, or change show=.'],
  [
    'name=a show=line x=day y=usd,day series=usd',
    '5:33: A figure with a series can have only one y → Its lines are the values of the series: name one column of numbers.',
  ],
  ['name=a bar', "5:15: Unknown attribute 'bar' of a figure → Write show=bar."],
  ['sales', "5:8: Unknown attribute 'sales' of a figure → Write name=sales."],
  ['name=a title=Sold by day', "5:26: Unknown attribute 'by' of a figure → Write attribute=value, in quotes where it has spaces."],
  ['name=a title=', "5:15: The attribute 'title' is empty → Write title=…, in quotes where it has spaces."],
  ['name=a name=b', "5:15: The attribute 'name' is given twice → Keep one of them."],
  ['name=by-day', "5:13: Invalid name 'by-day' → Use letters, digits and _ only."],
])('refuses the fence %s', async (attributes, expected) => {
  expect(await mistakesOf(report(attributes))).toContain(`${FILE}:${expected}`)
})

it('refuses a figure without a name, two of one name, and a fence without an end', async () => {
  expect(await mistakesOf(report('show=table'))).toEqual([
    `${FILE}:5:7: This figure has no name → Add name=…, a word of letters, digits and _; for SQL that is only displayed use \`\`\`text.`,
  ])
  const fence = '```sql name=a\nselect 1\n```\n'
  expect(await mistakesOf({ [FILE]: `---\nreport: Sales\n---\n${fence}${fence}` })).toEqual([
    `${FILE}:7:13: Two figures of this report are called 'a': here and in line 4 → Rename one of them.`,
  ])
  expect(await mistakesOf({ [FILE]: '---\nreport: Sales\n---\n\n````sql name=a\nselect 1\n```\n' })).toEqual([
    `${FILE}:5:1: This fence is never closed → End it with \`\`\`\`.`,
  ])
})

it('says where SQL and names of a figure are wrong', async () => {
  expect(await mistakesOf(report('name=a', { sql: "select *\nfrom {{ ref('order') }}" }))).toEqual([
    `${FILE}:7:9: The report sales refers to 'order', but no model or seed has that name → Did you mean 'orders'?`,
  ])
  expect(await mistakesOf(report('name=a', { sql: "select * from {{ source('shop', 'x') }}" }))).toEqual([
    `${FILE}:6:18: The report sales reads the source 'shop.x', but no properties file has it → Describe it under sources: in a properties file.`,
  ])
  expect(await mistakesOf(report('name=a', { sql: 'select {{ 1 + }}' }))).toMatchObject([expect.stringContaining(`${FILE}:6:`)])
})

it.each([
  ['report: Sales\ncolums: {}', "3:1: Unknown key 'colums' in the front matter of a report → Did you mean 'columns'?"],
  ['report: Sales\non_error: stop', "3:11: on_error of a report must be warn or fail, not 'stop'"],
  ['report: Sales\ncolumns: { usd: { format: mony } }', "3:27: There is no format 'mony' → Did you mean 'money'?"],
  [
    'report: Sales\ncolumns: { usd: { format: money } }',
    "3:27: The column 'usd' has the format money, but no unit → Add its currency, unit: USD.",
  ],
  ['report: Sales\ncolumns: { usd: Sold }', "3:12: The column 'usd' must be a mapping → Write usd: { label: …, format: …, unit: … }."],
  ['report: Sales\ncolumns: { usd: { lable: Sold } }', "3:19: Unknown key 'lable' in the column 'usd' → Did you mean 'label'?"],
])('refuses the front matter %j', async (front, expected) => {
  expect(await mistakesOf(report('name=a', { front }))).toEqual([`${FILE}:${expected}`])
})

it('holds attributes and formats against the columns that the query gives', async () => {
  const front = 'report: Sales\ncolumns: { day: { format: money, unit: USD }, usd: { label: Sold } }'
  const node = await reportOf(report('name=a show=bar x=dya y=usd,what', { front }))
  const columns = [
    { name: 'day', type: 1082 },
    { name: 'usd', type: 1700 },
    { name: 'what', type: 25 },
  ]
  const [figure] = figuresOf(node)
  expect(columnMistakes(node, figure!, columns).map(({ message, place, hint }) => [place?.line, place?.column, message, hint])).toEqual([
    [6, 26, "x of the figure 'a' is the column 'dya', which its query does not return", "Did you mean 'day'?"],
    [6, 32, "y of the figure 'a' is the column 'what', which is not numeric", 'Name a column of numbers, or cast it in the query.'],
    [3, 27, "The format money needs numbers, but the column 'day' of 'a' has another type", 'Cast it in the query, or remove the format.'],
  ])
})

it("leaves other Markdown files to dbt's docs blocks, and reads none in a report", async () => {
  const project = await projectOf({
    ...report('name=a'),
    'models/words.md': '{% docs order %}An order.{% enddocs %}',
    'models/_m.yml': 'models:\n  - name: orders\n    description: "{{ doc(\'order\') }}"\n',
  })
  expect([...project.reports.keys()]).toEqual(['report.desk.sales'])
  expect(project.nodes.get('model.desk.orders')?.description).toBe('An order.')
})

it('defines a report by its queries and what is drawn of them, not by its prose and titles', async () => {
  const of = async (files: Record<string, string>) => definitions(await projectOf(files)).get('report.desk.sales')!.fingerprint
  const before = await of(report('name=a show=bar x=day y=usd'))
  expect(await of(report('name=a show=bar x=day y=usd title="Another one"', { sql: "-- why\nselect * from {{ ref('orders') }}" }))).toBe(
    before,
  )
  expect(await of(report('name=a show=bar x=usd y=usd'))).not.toBe(before)
  expect(await of(report('name=a show=bar x=day y=usd', { sql: "select day, usd from {{ ref('orders') }}" }))).not.toBe(before)
})

const EXPOSURES = `exposures:
  - name: weekly_mail
    label: Weekly mail
    type: notebook
    maturity: high
    url: https://example.test/mail
    owner: { name: Sales, email: sales@example.test }
    description: To all of sales.
    tags: [mail]
    depends_on:
      - ref('orders')
      - source('shop', 'raw')
`
const WITH_EXPOSURE: Record<string, string> = {
  ...report('name=a'),
  'models/_e.yml': `${EXPOSURES}sources:\n  - name: shop\n    tables: [{ name: raw }]\n`,
}

it.each([
  ['report:sales', ['report.desk.sales']],
  ['report:desk.s*', ['report.desk.sales']],
  ['sales', ['report.desk.sales']],
  ['path:models/reports', ['report.desk.sales']],
  ['resource_type:report', ['report.desk.sales']],
  ['+report:sales', ['model.desk.orders', 'report.desk.sales']],
  ['orders+', ['exposure.desk.weekly_mail', 'model.desk.orders', 'report.desk.sales']],
  ['exposure:weekly_mail', ['exposure.desk.weekly_mail']],
  ['+exposure:*', ['exposure.desk.weekly_mail', 'model.desk.orders', 'source.desk.shop.raw']],
  ['weekly_mail', []],
  ['tag:mail', ['exposure.desk.weekly_mail']],
])('selects %s', async (select, expected) => {
  expect([...selectNodes(await projectOf(WITH_EXPOSURE), { select: [select] })]).toEqual(expected)
})

it('writes reports and exposures to manifest.json as exposures, and finds which were modified since', async () => {
  const manifest = manifestOf(await projectOf(WITH_EXPOSURE)) as Record<string, Record<string, unknown>>
  expect(manifest.exposures).toMatchObject({
    'exposure.desk.weekly_mail': {
      type: 'notebook',
      label: 'Weekly mail',
      owner: { name: 'Sales', email: 'sales@example.test' },
      depends_on: { nodes: ['model.desk.orders', 'source.desk.shop.raw'] },
    },
    'exposure.desk.sales': { type: 'dashboard', label: 'Sales', original_file_path: FILE, depends_on: { nodes: ['model.desk.orders'] } },
  })
  expect(manifest.child_map!['model.desk.orders']).toEqual(['exposure.desk.sales', 'exposure.desk.weekly_mail'])
  const modified = async (files: Record<string, string>) => [
    ...selectNodes(await projectOf(files), { select: ['state:modified'], previous: { manifest: JSON.parse(JSON.stringify(manifest)) } }),
  ]
  expect(await modified(WITH_EXPOSURE)).toEqual([])
  const edited = { 'models/_e.yml': WITH_EXPOSURE['models/_e.yml']!.replace('high', 'low'), [FILE]: `${WITH_EXPOSURE[FILE]}More.\n` }
  expect(await modified({ ...WITH_EXPOSURE, ...edited })).toEqual(['exposure.desk.weekly_mail', 'report.desk.sales'])
})

it('refuses an exposure without type, owner or with a wrong name, as dbt does', async () => {
  expect(await mistakesOf({ ...BASE, 'models/_e.yml': "exposures:\n  - name: a\n    depends_on: [ref('order'), orders]\n" })).toEqual([
    "models/_e.yml:2:11: The exposure 'a' has no type → Expected one of dashboard, notebook, analysis, ml, application.",
    "models/_e.yml:2:11: The exposure 'a' has no owner → Add owner: with a name or an email.",
    "models/_e.yml:3:18: The exposure a refers to 'order', but no model or seed has that name → Did you mean 'orders'?",
    "models/_e.yml:3:32: The exposure 'a' depends on 'orders': expected ref() or source() → Write ref('…') or source('…', '…').",
  ])
})

it('passes over the metrics of an exposure, as over metrics', async () => {
  const yaml = "exposures:\n  - name: a\n    type: ml\n    owner: {name: Ann}\n    depends_on: [ref('orders'), metric('revenue')]\n"
  expect(await toldOf({ ...BASE, 'models/_e.yml': yaml })).toEqual([
    'models/_e.yml:5:33: not supported: metric() of an exposure. It is ignored → Name the models that the metric reads.',
  ])
  expect((await projectOf({ ...BASE, 'models/_e.yml': yaml })).parentMap.get('exposure.desk.a')).toEqual(['model.desk.orders'])
})

it('refuses a report and an exposure of one name, for tools know both as exposures', async () => {
  expect(
    await toldOf({
      ...report('name=a'),
      'models/_e.yml': EXPOSURES.replace('weekly_mail', 'sales').replace("      - source('shop', 'raw')\n", ''),
    }),
  ).toEqual([`models/_e.yml:2:11: A report and an exposure are called 'sales': ${FILE} and this one → Rename one of them.`])
})

it('masks what stands under a marked key of a record, and leaves numbers as they are', () => {
  const record =
    '{"id": 12345678901234567890, "contact": {"email": "ana@example.test", "name": "Ana \\"A.\\" 17"}, "of": [{"email": null}], "n": 1.50}'
  expect(maskRecord(record, ['contact.email'])).toBe(
    '{"id":12345678901234567890,"contact":{"email":"•••","name":"Ana \\"A.\\" 17"},"of":[{"email":null}],"n":1.50}',
  )
  expect(maskRecord('{"email": "ana@exam', ['email'])).toBe('•••')
})
