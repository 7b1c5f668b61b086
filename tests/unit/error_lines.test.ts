import { expect, it } from 'vitest'
import { countLines, recordLines } from '../../run/feed/error-lines.ts'

const counts = [
  { table_name: 'agent_pipeline_errors', severity: 'error', error_type: 'missing_key', source: 'sync-day1', records: 1n },
  { table_name: 'agent_pipeline_errors', severity: 'warning', error_type: 'coerced_value', source: 'sync-day1', records: 1200n },
  { table_name: 'agent_pipeline_errors', severity: 'warning', error_type: 'coerced_value', source: 'sync-day2', records: 1n },
  { table_name: 'agent_pipeline_errors', severity: 'warning', error_type: 'coerced_value', source: 'sync-day3', records: 1n },
  { table_name: 'card_pipeline_errors', severity: 'error', error_type: 'refused_file', source: 'tran', records: 2n },
]

it('counts of errors have a block per table, and their sums', () =>
  expect(countLines(counts)).toEqual([
    'agent_pipeline_errors',
    '  error    missing_key        1  sync-day1',
    '  warning  coerced_value  1,202  sync-day1, sync-day2 and 1 more',
    '',
    'card_pipeline_errors',
    '  error    refused_file       2  tran',
    '',
    '3 open errors and 1,202 warnings.',
    'Next: npx tsx run.ts errors --show 20   (the records themselves)',
  ]))

it('a record has a block, no line of it wider than the terminal', () => {
  const record = {
    table_name: 'agent_pipeline_errors',
    severity: 'error',
    error_type: 'missing_key',
    error_message: 'id is null: every record needs its key',
    field: 'id',
    source: 'sync-day1',
    file: 'sync-day1/agents/1.json',
    position: 3,
    raw_record: JSON.stringify({ id: null, signature: 'x'.repeat(50_000), note: '\u001b[31m' }),
    raw_text: null,
  }
  const lines = recordLines([record], counts, 60)
  expect(lines).toEqual([
    'sync-day1/agents/1.json[3]',
    '  error missing_key on id, in agent_pipeline_errors',
    '  id is null: every record needs its key',
    '  {"id":null,"signature":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    `  ${'x'.repeat(58)}`,
    `  ${'x'.repeat(58)}`,
    '  …',
    '',
    '1 of 3 open errors and 1,202 warnings: --show -1 shows all, --output json each in full.',
  ])
})
