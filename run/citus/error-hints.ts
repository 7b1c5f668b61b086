/** The workaround for a statement that Citus refuses: a rule of run/citus/README.md in a sentence; undefined for errors of others. */
export function explainRefusal(error: unknown): string | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (!['0A000', 'XX000', '42P17'].includes(code)) return undefined
  const rule = rules.find(([words]) => words.test(message))?.[1]
  return rule && `${rule} More in run/citus/README.md.`
}

// Citus's refusals have no codes of their own, so they are recognised by their words.
const rules: [words: RegExp, rule: string][] = [
  [
    /complex joins|requires repartitioning|not co-?located|outer joins? .*not supported|outer part of an outer join/i,
    'Join distributed tables on their distribution column; wrap any other side as `with x as materialized (select …)` or `in (select …)`, and keep it small.',
  ],
  [
    /correlated subquer/i,
    'Replace the correlated subquery with an inner or left join, or `in (select …)`. `{% if on_citus() %}` keeps both forms in one model.',
  ],
  [
    /non-IMMUTABLE|must be marked IMMUTABLE/i,
    "Cast and compute in a model that stages the rows; the MERGE itself may only call IMMUTABLE functions. For the time of the run write '{{ run_started_at }}'::timestamptz.",
  ],
  [/parallel (DML access|operation)|local execution has accessed/i, 'Write reference tables before distributed ones.'],
  [
    /MERGE/,
    'Merge into distributed tables only, from a co-located one, on the distribution column; write reference tables by INSERT … ON CONFLICT.',
  ],
  [/GROUPING SETS|ROLLUP|CUBE/i, 'Write one query for each grouping and join them by `union all`.'],
  [
    /recursive CTE|WITH RECURSIVE|recursive .*distributed/i,
    'First copy the rows that the recursion reads into a table on the coordinator: a model without distributed_by.',
  ],
  [/FOR UPDATE\/SHARE/i, 'Remove FOR UPDATE or FOR SHARE.'],
  [
    /constraint .* not supported|cannot create (foreign key )?constraint|unique indexes on non-partition/i,
    'Keys of a distributed table must contain its distributed_by column; foreign keys must refer to reference tables, or to a co-located table with that column in them.',
  ],
  [/partition (column|key)|distribution column/i, 'The distributed_by column must be non-null, never updated and part of every key.'],
  [
    /distributed|reference table|Citus|repartition|shard/i,
    'Read distributed tables in a separate step, `with x as materialized (select …)`, or remove distributed_by from the model.',
  ],
]
